"""Make the starter library's clips, or training material of the same kinds from other seeds."""

import argparse
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from math import ceil
from pathlib import Path
from typing import Any

from foley import STYLES, catalogue, recording

STARTER_FOLDER = Path(__file__).parents[2] / "src" / "whisperwave" / "starter"
TAKE_SECONDS = 20.0


def make_clips(arguments: argparse.Namespace) -> None:
    """Write the clips of the chosen styles, then the catalogue of them all."""
    (arguments.folder / "clips").mkdir(parents=True, exist_ok=True)
    jobs = [
        (arguments.folder / catalogue.clip_file(style, number), style, number)
        for style in arguments.styles
        for number in (1, 2, 3, 4)
    ]
    run_all(recording.starter_clip, jobs, arguments.jobs)
    catalogue.write(arguments.folder)


def make_training(arguments: argparse.Namespace) -> None:
    """Write the same number of takes for each style, `--minutes` in all or a little more."""
    each = ceil(arguments.minutes * 60 / TAKE_SECONDS / len(arguments.styles))
    form = (TAKE_SECONDS, arguments.rate, arguments.channels)
    jobs = [
        (arguments.folder / style / f"{style}-{number:04d}.flac", style, number, *form)
        for number in range(1, each + 1)
        for style in arguments.styles
    ]
    run_all(recording.training_take, jobs, arguments.jobs)


def run_all(make: Callable[..., None], jobs: Iterable[tuple[Any, ...]], workers: int) -> None:
    """Make each job's file (its first argument) on `workers` processes, saying which is ready."""
    with ProcessPoolExecutor(workers) as pool:
        ready = [(job[0], pool.submit(make, *job)) for job in jobs]
        for path, made in ready:
            made.result()
            print(path, flush=True)


def parser() -> argparse.ArgumentParser:
    """The two verbs and their options."""
    top = argparse.ArgumentParser(description=__doc__)
    verbs = top.add_subparsers(required=True)
    clips = verbs.add_parser("clips", help="the library that ships with the package")
    clips.add_argument("folder", type=Path, nargs="?", default=STARTER_FOLDER)
    clips.set_defaults(run=make_clips)
    training = verbs.add_parser("training", help="lossless training material, not shipped")
    training.add_argument("folder", type=Path)
    training.add_argument("--minutes", type=float, default=66.0)
    training.add_argument("--rate", type=int, default=16000, help="hertz")
    training.add_argument("--channels", type=int, choices=(1, 2), default=1)
    training.set_defaults(run=make_training)
    for verb in (clips, training):
        verb.add_argument("--styles", nargs="+", choices=STYLES, default=STYLES)
        verb.add_argument("--jobs", type=int, default=2, help="processes at work at once")
    return top


if __name__ == "__main__":
    chosen = parser().parse_args()
    chosen.run(chosen)
