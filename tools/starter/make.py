"""Make the starter library's clips, or training material of the same kinds from other seeds."""

import argparse
from concurrent.futures import ProcessPoolExecutor
from itertools import starmap
from math import ceil
from pathlib import Path

import soundfile
import soxr

from foley import INSTRUMENTS, STYLES, takes
from foley.mastering import mastered
from foley.noise import Array

RENDER_RATE = 44100
TRAINING_SECONDS = 20.0


def converted(audio: Array, sample_rate: int, channels: int) -> Array:
    """[2, T] at the render rate as [channels, T'] at `sample_rate`."""
    mixed = audio if channels == 2 else audio.mean(axis=0, keepdims=True)
    if sample_rate == RENDER_RATE:
        return mixed
    return soxr.resample(mixed.T, RENDER_RATE, sample_rate, quality="VHQ").T


def write_training_take(
    folder: Path, style: str, number: int, sample_rate: int, channels: int
) -> Path:
    """One training take as a 16-bit FLAC file."""
    rng = takes.generator(style, takes.TRAINING, number)
    setting = takes.drawn_setting(style, rng)
    raw = takes.render(style, setting, rng, TRAINING_SECONDS, RENDER_RATE)
    audio = mastered(converted(raw, sample_rate, channels), sample_rate)
    path = folder / style / f"{style}-{number:04d}.flac"
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, audio.T, sample_rate, subtype="PCM_16")
    return path


def make_training(arguments: argparse.Namespace) -> None:
    """Write the same number of takes for each style, `--minutes` in all or a little more."""
    each = ceil(arguments.minutes * 60 / TRAINING_SECONDS / len(arguments.styles))
    jobs = [
        (arguments.folder, style, number, arguments.rate, arguments.channels)
        for number in range(1, each + 1)
        for style in arguments.styles
    ]
    with ProcessPoolExecutor(arguments.jobs) as pool:
        for path in pool.map(write_training_take, *zip(*jobs, strict=True)):
            print(path, flush=True)


def parser() -> argparse.ArgumentParser:
    """The two verbs and their options."""
    top = argparse.ArgumentParser(description=__doc__)
    verbs = top.add_subparsers(required=True)
    training = verbs.add_parser("training", help="lossless training material")
    training.add_argument("folder", type=Path)
    training.add_argument("--minutes", type=float, default=66.0)
    training.add_argument("--rate", type=int, default=16000)
    training.add_argument("--channels", type=int, choices=(1, 2), default=1)
    training.add_argument("--jobs", type=int, default=2)
    training.add_argument("--styles", nargs="+", choices=STYLES, default=STYLES)
    training.set_defaults(run=make_training)
    return top


if __name__ == "__main__":
    chosen = parser().parse_args()
    chosen.run(chosen)
