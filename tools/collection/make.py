"""Make a music collection to try everything on: tagged files of five genres, and of every fault.

    python tools/collection/make.py Music --files 200 --seconds 8 --plan plan.json

The same seed makes the same collection. ``plan.json`` says of each file what is in it, and which
code a scan must give it, with ``--check`` and without (``null``: it is listed).
"""

import argparse
import json
import os
import shutil
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import soxr
from band import music
from band.faults import Whole
from band.plan import Piece, planned


def write(folder: Path, files: int, seconds: float, seed: int, index: int) -> None:
    """Play one piece of the plan and write its file."""
    piece = planned(files, seconds, seed)[index]  # faults are functions, which no process is sent
    rng = np.random.default_rng([seed, 1, piece.seed])
    played = music.play(piece.genre, rng, piece.seconds)
    audio = played if piece.channels == 2 else played.mean(axis=0, keepdims=True)
    audio = soxr.resample(audio.T, music.RATE, piece.sample_rate, quality="HQ").T
    whole = Whole(audio, piece.sample_rate, piece.tags)
    content = whole.file(piece.suffix) if piece.fault is None else piece.fault.make(whole)
    path = os.fsencode(folder / piece.path)
    os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120 - names that are not UTF-8
    with open(path, "wb") as file:  # noqa: PTH123 - as above
        file.write(content)


def repeat(folder: Path, piece: Piece) -> None:
    """Write a file's twin: a second name, or a copy."""
    there, here = os.fsencode(folder / piece.twin), os.fsencode(folder / piece.path)
    os.makedirs(os.path.dirname(here), exist_ok=True)  # noqa: PTH103, PTH120 - as above
    if piece.is_link:
        os.link(there, here)
    else:
        shutil.copyfile(there, here)


def told(piece: Piece) -> dict[str, object]:
    """A file as the plan tells it."""
    return {
        "path": piece.path,
        "genre": piece.genre,
        "tags": piece.tags,
        "sample_rate": piece.sample_rate,
        "channels": piece.channels,
        "row": piece.fault.row if piece.fault else None,
        "scan": piece.scan or None,
        "checked": piece.checked or None,
    }


def make(folder: Path, files: int, seconds: float, seed: int, jobs: int) -> list[Piece]:
    """Write the whole collection into a folder that there is not yet."""
    folder.mkdir(parents=True)
    pieces = planned(files, seconds, seed)
    with ProcessPoolExecutor(jobs) as pool:
        played = [index for index, piece in enumerate(pieces) if not piece.twin]
        list(pool.map(partial(write, folder, files, seconds, seed), played))
    for piece in pieces:
        if piece.twin:
            repeat(folder, piece)
    return pieces


def parser() -> argparse.ArgumentParser:
    """What can be chosen."""
    top = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    top.add_argument("folder", type=Path)
    top.add_argument("--files", type=int, default=200)
    top.add_argument("--seconds", type=float, default=8.0, help="of a piece, give or take a fifth")
    top.add_argument("--seed", type=int, default=0)
    top.add_argument("--jobs", type=int, default=2, help="processes at work at once")
    top.add_argument("--plan", type=Path, help="where to write what is in each file")
    return top


def main() -> None:
    """Make it, and say how it went."""
    chosen = parser().parse_args()
    pieces = make(chosen.folder, chosen.files, chosen.seconds, chosen.seed, chosen.jobs)
    if chosen.plan:
        chosen.plan.write_text(json.dumps([told(piece) for piece in pieces], indent=1) + "\n")
    print(f"{len(pieces)} files in {chosen.folder}")


if __name__ == "__main__":
    main()
