"""A folder of sounds, read once: one long run of 16-bit samples, split by file.

Files in one sub-folder belong to one group; groups are drawn from equally often, however many
minutes each has. The split depends on nothing but the names, so it is the same on every machine.
"""

import hashlib
import json
import math
import os
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from whisperwave.datasets.levelling import FULL_SCALE, levelled
from whisperwave.datasets.trimming import trimmed
from whisperwave.dsp.features.texture import texture_excerpts
from whisperwave.dsp.resampling import resample
from whisperwave.errors import AudioError, WhisperwaveError
from whisperwave.library import decode
from whisperwave.library.display import shown

SUFFIXES = frozenset({".wav", ".flac", ".ogg", ".opus", ".mp3", ".aif", ".aiff"})
Split = Literal["train", "validation", "test", "predict"]
Refuse = Callable[[Path, WhisperwaveError], None]


@dataclass(frozen=True)
class Excerpt:
    """Where one file, or a part of one, lies in the long run of samples."""

    name: str
    group: str
    split: Split
    start: int
    stop: int


@dataclass(frozen=True)
class Refusal:
    """A file that was left out, and why."""

    name: str
    error: WhisperwaveError


class Sounds(ABC):
    """Everything a training run hears.

    Attributes:
        sample_rate: in Hz.
        excerpts: the parts of files, each in one split.
        refused: the files that were left out.
    """

    sample_rate: int
    excerpts: tuple[Excerpt, ...]
    refused: tuple[Refusal, ...]

    @property
    @abstractmethod
    def digest(self) -> str:
        """What is heard, as one SHA-256: sounds that moved are the same, changed ones are not."""

    @property
    def identity(self) -> Mapping[str, str]:
        """What a model file says of the sounds that it has learnt."""
        return {"digest": self.digest}

    @property
    def statistics(self) -> Mapping[str, Any]:
        """Quantiles of the training sounds' pitch and loudness, where they were taken."""
        return {}

    @property
    def channels(self) -> int:
        """1, or 2 for left and right."""
        return 1

    @property
    def is_mapped(self) -> bool:
        """Do the samples lie on the disk, to be read where they are needed?"""
        return False

    def audio(self, excerpt: Excerpt) -> NDArray[np.float32]:
        """The samples of one excerpt in [-1, 1], shape ``[T]``, or ``[2, T]`` of two channels."""
        return self.part(excerpt, 0, excerpt.stop - excerpt.start)

    def textures(self, excerpt: Excerpt, seconds: float) -> NDArray[np.float32]:
        """Texture statistics of an excerpt and of parts of it, as `texture_excerpts` has them."""
        audio = self.audio(excerpt)
        mono = audio if audio.ndim == 1 else audio.mean(axis=0)
        return texture_excerpts(mono, self.sample_rate, seconds)

    @abstractmethod
    def part(self, excerpt: Excerpt, start: int, stop: int) -> NDArray[np.float32]:
        """Samples of one excerpt from ``start`` to ``stop``, counted from its beginning."""

    def of(self, split: Split) -> tuple[Excerpt, ...]:
        """The excerpts of one split."""
        return tuple(excerpt for excerpt in self.excerpts if excerpt.split == split)

    def minutes(self, split: Split) -> float:
        """How long a split is."""
        return sum(e.stop - e.start for e in self.of(split)) / self.sample_rate / 60.0


@dataclass(frozen=True)
class ReadSounds(Sounds):
    """A folder of sounds in memory: ``samples`` int16 ``[N]``, mono, one excerpt after another."""

    samples: NDArray[np.int16]
    sample_rate: int
    excerpts: tuple[Excerpt, ...]
    refused: tuple[Refusal, ...]

    @cached_property
    def digest(self) -> str:
        """SHA-256 over every sample, and over the names, groups and splits of the excerpts."""
        layout = [[e.name, e.group, e.split, e.start, e.stop] for e in self.excerpts]
        digest = hashlib.sha256(json.dumps([self.sample_rate, layout]).encode())
        digest.update(self.samples.data)
        return digest.hexdigest()

    def part(self, excerpt: Excerpt, start: int, stop: int) -> NDArray[np.float32]:
        """Samples of one excerpt in [-1, 1], shape ``[stop - start]``."""
        first = excerpt.start
        return (self.samples[first + start : first + stop] / FULL_SCALE).astype(np.float32)


def read_sounds(
    folder: Path,
    sample_rate: int,
    validation: float,
    seed: int = 0,
    trim_below_db: float | None = None,
) -> ReadSounds:
    """Read every sound file under ``folder`` as levelled mono at ``sample_rate``.

    A file that cannot be read is left out and reported; the rest goes on.

    Args:
        folder: searched with its sub-folders; a file's group is its folder's name.
        sample_rate: in Hz; files of another rate are resampled.
        validation: share of each group's files kept aside, at least one file of a group of two
            or more. The only file of a lone group is cut in time instead.
        seed: chooses which files.
        trim_below_db: cut quiet ends, this far under the loudest moment; None keeps them.

    Raises:
        AudioError: ``NO_FOLDER``, or ``NO_SOUNDS`` when nothing could be read.
    """
    pieces: list[NDArray[np.int16]] = []
    names: list[str] = []
    refused: list[Refusal] = []

    def refuse(path: Path, error: WhisperwaveError) -> None:
        refused.append(Refusal(path.relative_to(folder).as_posix(), error))

    for path in sound_files(folder, refuse):
        try:
            pieces.append(_read(path, sample_rate, trim_below_db))
            names.append(path.relative_to(folder).as_posix())
        except WhisperwaveError as error:
            refuse(path, error)
    if not pieces:
        raise AudioError(
            "NO_SOUNDS",
            f"{str(folder)!r} holds no sound file that can be read ({len(refused)} refused).",
            f"Put {', '.join(sorted(SUFFIXES))} files there.",
        )
    excerpts = _lay_out(names, [len(piece) for piece in pieces], validation, seed)
    return ReadSounds(np.concatenate(pieces), sample_rate, tuple(excerpts), tuple(refused))


def sound_files(folder: Path, refuse: Refuse | None = None) -> list[Path]:
    """The sound files under ``folder``, in the order of their names; else as `walk_sounds`."""
    return sorted(walk_sounds(folder, refuse))


def walk_sounds(folder: Path, refuse: Refuse | None = None) -> Iterator[Path]:
    """The sound files under ``folder``, as the disk has them.

    A folder that may not be looked into is passed to ``refuse``. Links to folders are not followed,
    so that none leads round in a circle or far away.

    Raises:
        AudioError: ``NO_FOLDER``.
    """
    if not folder.is_dir():
        raise AudioError("NO_FOLDER", f"{str(folder)!r} is not a folder.", "Name a folder.")
    waiting = [os.fspath(folder)]  # as text, which takes a third of the memory
    while waiting:
        place = waiting.pop()
        try:
            with os.scandir(place) as entries:
                for entry in entries:
                    if _is_folder(entry):
                        waiting += [] if entry.is_symlink() else [entry.path]
                    elif os.path.splitext(entry.name)[1].lower() in SUFFIXES:  # noqa: PTH122 - text
                        yield Path(entry.path)
        except OSError as error:
            if refuse is not None:
                refuse(Path(place), _closed(place, error))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # gone, or a link into what may not be seen: reading it will tell


def _closed(folder: str, error: OSError) -> AudioError:
    what = f"{shown(folder)!r} cannot be looked into: {error.strerror}."
    return AudioError("PERMISSION", what, "Change its permissions, or copy what is in it.")


def validation_names(names: Iterable[str], share: float, seed: int) -> frozenset[str]:
    """Choose which files are kept aside: the same on every machine and in any order of names."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name in names:
        groups[group_of(name)].append(name)
    chosen: set[str] = set()
    for members in groups.values():
        ranked = sorted(
            members, key=lambda name: hashlib.sha256(_in_bytes(f"{seed}/{name}")).digest()
        )
        count = max(1, math.ceil(share * len(members))) if len(members) > 1 and share > 0 else 0
        chosen.update(ranked[:count])
    return frozenset(chosen)


def _in_bytes(name: str) -> bytes:
    """A name as it is on the disk, which need not be UTF-8."""
    return name.encode("utf-8", "surrogateescape")


def group_of(name: str) -> str:
    """The folder's name as text that a model file can hold."""
    return shown(name.rpartition("/")[0])


def _read(path: Path, sample_rate: int, trim_below_db: float | None) -> NDArray[np.int16]:
    audio = decode(path)
    if not audio.samples.any():
        raise AudioError("SILENT", "Every sample is zero.", "There is nothing to learn from it.")
    mono = resample(audio.samples.mean(axis=0), audio.sample_rate, sample_rate)
    mono = trimmed(mono, sample_rate, trim_below_db)
    return np.asarray(np.rint(levelled(mono) * FULL_SCALE), np.int16)


def _lay_out(
    names: Sequence[str], lengths: Sequence[int], validation: float, seed: int
) -> Iterator[Excerpt]:
    kept_aside = validation_names(names, validation, seed)
    stops = np.cumsum(lengths).tolist()
    for name, length, stop in zip(names, lengths, stops, strict=True):
        start = stop - length
        if not kept_aside and validation > 0:
            cut = stop - round(validation * length)
            yield Excerpt(name, group_of(name), "train", start, cut)
            yield Excerpt(name, group_of(name), "validation", cut, stop)
        else:
            split: Split = "validation" if name in kept_aside else "train"
            yield Excerpt(name, group_of(name), split, start, stop)
