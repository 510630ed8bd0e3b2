"""The protocol: which clips are picked, which are held out, and with which seeds."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whisperwave.datasets import Excerpt, Sounds
from whisperwave.datasets.levelling import levelled
from whisperwave.errors import ConfigError, LibraryError
from whisperwave.generation.material import Material, clip_audio
from whisperwave.generation.picks import Pick
from whisperwave.library import Library
from whisperwave.modelfile import ModelFile

Floats = NDArray[np.float32]

SECONDS = 10.0
SEEDS = (1, 2, 3, 4, 5)
PICKED = 2
HELD_OUT = 2  # at most; one is enough
KEPT = 6  # of a data set, whose classes are wider than the library's styles


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


def subjects_of_set(sounds: Sounds) -> tuple[Subject, ...]:
    """Every class of a data set: two of its training excerpts, and up to six of those kept aside.

    Excerpts have the numbers of their places in the set, from 1 on.

    Raises:
        ConfigError: ``TOO_FEW_CLASSES``, fewer than two have both.
    """
    places = {excerpt: place for place, excerpt in enumerate(sounds.excerpts, start=1)}
    kept = sounds.of("validation") + sounds.of("test")
    found = []
    for style in sorted({each.group for each in kept}):
        picked = chosen([e for e in sounds.of("train") if e.group == style], PICKED)
        held_out = chosen([e for e in kept if e.group == style], KEPT)
        if picked:
            made = [
                tuple(Material(Pick(places[e]), 0.5, mono(sounds, e), style) for e in part)
                for part in (picked, held_out)
            ]
            found.append(Subject(style, *made))
    if len(found) < 2:
        raise ConfigError(
            "TOO_FEW_CLASSES",
            f"{len(found)} classes of the data set have sounds to learn from and sounds kept "
            "aside; 2 or more are needed.",
            "Prepare it with larger shares for validation and test.",
        )
    return tuple(found)


def chosen(excerpts: Sequence[Excerpt], count: int) -> list[Excerpt]:
    """So many excerpts, evenly spread over all, in their order."""
    if len(excerpts) <= count:
        return list(excerpts)
    places = np.linspace(0, len(excerpts) - 1, count).round().astype(int)
    return [excerpts[place] for place in places]


def mono(sounds: Sounds, excerpt: Excerpt, start: int = 0, stop: int | None = None) -> Floats:
    """Samples ``[T]`` of an excerpt; of two channels the mean."""
    part = sounds.part(excerpt, start, excerpt.stop - excerpt.start if stop is None else stop)
    return part if part.ndim == 1 else np.asarray(part.mean(axis=0), np.float32)


def check_known(file: ModelFile, material: Sequence[Subject]) -> None:
    """Refuse a model of classes that the material does not have.

    Raises:
        ConfigError: ``DATA_NEEDED``.
    """
    known = file.features.get("style", {}).get("classes")
    if known and not {subject.style for subject in material} <= set(known):
        raise ConfigError(
            "DATA_NEEDED",
            f"The model was trained on classes of its own: {', '.join(known[:8])}.",
            "Give sounds of them: --data with the folder or set that it learned from.",
        )


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
