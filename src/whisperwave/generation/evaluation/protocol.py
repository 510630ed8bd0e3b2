"""The protocol: which clips are picked, which are held out, and with which seeds."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whisperwave.datasets.levelling import levelled
from whisperwave.errors import LibraryError
from whisperwave.generation.material import Material, clip_audio
from whisperwave.generation.picks import Pick
from whisperwave.library import Library

Floats = NDArray[np.float32]

SECONDS = 10.0
SEEDS = (1, 2, 3, 4, 5)
PICKED = 2
HELD_OUT = 2  # at most; one is enough


@dataclass(frozen=True, eq=False)
class Subject:
    """One style: two clips to take it from, one or two to compare with; mono, at a model's rate."""

    style: str
    picked: tuple[Material, ...]
    held_out: tuple[Material, ...]


def subjects(library: Library, sample_rate: int) -> tuple[Subject, ...]:
    """Every style of the starter library; the first two of its clips are picked.

    A person's own clips take no part, so that the result is the same for everybody.

    Raises:
        LibraryError: fewer than two styles with three clips each.
    """
    numbers: dict[str, list[int]] = defaultdict(list)
    for clip in library.list():
        if clip.origin == "starter" and clip.style:
            numbers[clip.style].append(clip.number)
    found = tuple(
        _subject(library, style, sorted(clips)[: PICKED + HELD_OUT], sample_rate)
        for style, clips in numbers.items()
        if len(clips) > PICKED
    )
    if len(found) < 2:
        raise LibraryError(
            "NO_STARTER_CLIPS",
            f"{len(found)} starter styles have {PICKED + 1} clips; 2 or more are needed.",
            "Install whisperwave again, with its starter clips.",
        )
    return found


def excerpt(audio: Floats, sample_rate: int, seconds: float = SECONDS) -> Floats:
    """The middle of a sound, levelled: everything is compared at one length and one level."""
    length = min(len(audio), round(seconds * sample_rate))
    start = (len(audio) - length) // 2
    return levelled(audio[start : start + length])


def _subject(library: Library, style: str, numbers: list[int], sample_rate: int) -> Subject:
    materials = [
        Material(Pick(number), 0.5, clip_audio(library, number, sample_rate), style)
        for number in numbers
    ]
    return Subject(style, tuple(materials[:PICKED]), tuple(materials[PICKED:]))
