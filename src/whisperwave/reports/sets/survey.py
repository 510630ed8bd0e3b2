"""What there is to learn from, file by file, and what was measured of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from whisperwave.reports.sets.measuring import Notes, Spectra

Progress = Callable[[float, float], None]

SPLITS = ("train", "validation", "test", "predict", "all")
"""The parts of a set in the order of a report; a plain folder has one, ``all``."""

UNNAMED = "(no class)"


@dataclass(frozen=True)
class File:
    """One file that there is.

    Attributes:
        name: its path within the set or the folder.
        group: its class.
        seconds: of sound in each split.
        sample_rate: of the file, in Hz.
        channels: of the file.
        peak: its highest sample; full scale is 1.
        clipped: the share of its samples at full scale.
        lufs: its loudness; None where that was not measured, or it is too soft to have any.
        gain_db: what levelling did to it in a set; None where there is none.
    """

    name: str
    group: str
    seconds: Mapping[str, float]
    sample_rate: int
    channels: int
    peak: float
    clipped: float
    lufs: float | None = None
    gain_db: float | None = None

    @property
    def all_seconds(self) -> float:
        """Of sound in all splits."""
        return sum(self.seconds.values())


@dataclass(frozen=True)
class LeftOut:
    """A file that is not there, and the code of the reason."""

    name: str
    code: str


@dataclass(frozen=True, eq=False)
class Survey:
    """Everything that a report tells of.

    ``facts`` are named in words; ``measured`` is how many files were listened to, ``loudness_is``
    at which stage, ``listened`` how the notes were found.
    """

    name: str
    facts: Mapping[str, str]
    files: Sequence[File]
    left_out: Sequence[LeftOut]
    dropped_seconds: float
    measured: int
    loudness_is: str
    listened: str
    spectra_db: Mapping[str, NDArray[np.float64]]
    notes: Notes

    @property
    def splits(self) -> tuple[str, ...]:
        """Those that hold any sound."""
        return tuple(s for s in SPLITS if any(s in file.seconds for file in self.files))

    def loudness(self) -> list[float]:
        """Of the files that were listened to, in LUFS."""
        return [file.lufs for file in self.files if file.lufs is not None]

    def kept_loudness(self) -> list[float]:
        """The same in a set, after levelling."""
        return [
            file.lufs + file.gain_db
            for file in self.files
            if file.lufs is not None and file.gain_db is not None
        ]

    def classes(self) -> dict[str, dict[str, tuple[int, float]]]:
        """Files and minutes of each class in each split, the longest class first."""
        found: dict[str, dict[str, tuple[int, float]]] = {}
        for file in self.files:
            of_class = found.setdefault(file.group, {})
            for split, seconds in file.seconds.items():
                count, minutes = of_class.get(split, (0, 0.0))
                of_class[split] = count + 1, minutes + seconds / 60.0
        return dict(sorted(found.items(), key=lambda each: (-_minutes(each[1]), each[0])))


@dataclass
class Measures:
    """What is gathered while files are heard."""

    spectra: Spectra = field(default_factory=Spectra)
    notes: Notes = field(default_factory=Notes)


def spread(count: int, wanted: int) -> list[bool]:
    """Which of ``count`` are taken so that about ``wanted`` are, evenly from first to last."""
    share = min(1.0, wanted / max(1, count))
    return [int((place + 1) * share + 1e-9) > int(place * share + 1e-9) for place in range(count)]


def _minutes(of_class: Mapping[str, tuple[int, float]]) -> float:
    return sum(minutes for _, minutes in of_class.values())
