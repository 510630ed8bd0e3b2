"""What the training part of a set is like: quantiles of pitch and loudness, gathered row by row.

Only what is learnt from is counted, so that nothing of the test sounds reaches a model file.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
_SURE = 0.5  # confidence from which a voiced frame counts


def sure_notes(rows: NDArray[np.float32]) -> NDArray[np.float64]:
    """The MIDI notes of those rows ``[F, 3]`` of the feature f0 that are sure to be voiced."""
    sure = rows[(rows[:, 2] > 0.5) & (rows[:, 1] >= _SURE)]
    return np.asarray(69.0 + 12.0 * np.log2(sure[:, 0] / 440.0), np.float64)


class Histogram:
    """Counts of numbers between two ends; its quantiles are exact to a hundredth of a unit."""

    def __init__(self, low: int, high: int) -> None:
        self._edges = np.linspace(low, high, 100 * (high - low) + 1)
        self._counts = np.zeros(len(self._edges) - 1, np.int64)

    def add(self, values: NDArray[np.floating]) -> None:
        """Count some numbers; those beyond an end count there."""
        inside = np.clip(values, self._edges[0], self._edges[-1])
        self._counts += np.histogram(inside, self._edges)[0]

    @property
    def count(self) -> int:
        """How many numbers there were."""
        return int(self._counts.sum())

    def quantile(self, share: float) -> float:
        """The number below which such a share of all lies."""
        reached = np.searchsorted(np.cumsum(self._counts), share * self.count)
        return float(self._edges[min(int(reached), len(self._counts) - 1)])

    def quantiles(self) -> dict[str, float]:
        """`QUANTILES`, by their shares in per cent."""
        return {f"{100 * share:g}": round(self.quantile(share), 2) for share in QUANTILES}


class Statistics:
    """Gathers what is said of a set's training sounds: pitch in MIDI notes, loudness in dB."""

    FEATURES = ("f0", "loudness")

    def __init__(self) -> None:
        self._pitch, self._loudness = Histogram(0, 128), Histogram(-80, 20)
        self._frames = 0

    def add(
        self, name: str, rows: NDArray[np.float32], lengths: Sequence[int], splits: Sequence[str]
    ) -> None:
        """Take one of `FEATURES` of some excerpts, ``[F, K]``, so many rows each."""
        learnt = np.repeat([split == "train" for split in splits], lengths)
        (self._add_f0 if name == "f0" else self._add_loudness)(rows[learnt])

    def _add_f0(self, rows: NDArray[np.float32]) -> None:
        self._frames += len(rows)
        self._pitch.add(sure_notes(rows))

    def _add_loudness(self, rows: NDArray[np.float32]) -> None:
        self._loudness.add(rows[:, 0])

    def as_mapping(self) -> dict[str, Any]:
        """What there is, ready for JSON."""
        said: dict[str, Any] = {}
        if self._pitch.count:
            said["pitch_midi"] = self._pitch.quantiles()
        if self._frames:
            said["voiced_share"] = round(self._pitch.count / self._frames, 4)
        if self._loudness.count:
            said["loudness_db"] = self._loudness.quantiles()
        return said
