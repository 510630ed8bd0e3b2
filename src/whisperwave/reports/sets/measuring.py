"""What is measured of sounds block by block: loudness, mean spectra of classes, notes."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from whisperwave.datasets.statistics import sure_notes
from whisperwave.dsp.features import f0
from whisperwave.dsp.loudness import LoudnessMeter
from whisperwave.dsp.resampling import resample
from whisperwave.dsp.spectra import hz_to_mel, mel_to_hz, stft_power

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]

BANDS, LOWEST_HZ, HIGHEST_HZ = 128, 30.0, 24_000.0
EDGES_HZ = mel_to_hz(np.linspace(float(hz_to_mel(LOWEST_HZ)), float(hz_to_mel(HIGHEST_HZ)),
                                 BANDS + 1))  # fmt: skip
NOTES = 128  # of MIDI

_WINDOW_SECONDS = 0.09  # tells the lowest bands apart
_PITCH_RATE = 16_000
_PITCH_HOP = 160
_BLOCK_SECONDS = 30.0  # of sound at once: memory stays flat however long a file


class Spectra:
    """The mean power density of each class in bands of equal mel."""

    def __init__(self) -> None:
        self._power: dict[str, Doubles] = defaultdict(lambda: np.zeros(BANDS))
        self._frames: dict[str, Doubles] = defaultdict(lambda: np.zeros(BANDS))

    def add(self, group: str, mono: Floats, sample_rate: int) -> None:
        """Hear some of a class's sound ``[T]``; bands above half its rate are not heard."""
        window = 1 << max(6, math.ceil(math.log2(_WINDOW_SECONDS * sample_rate)))
        power = stft_power(mono, window, window // 2)
        banded = density(power.sum(axis=1, dtype=np.float64), sample_rate / window)
        heard = np.isfinite(banded)
        self._power[group][heard] += banded[heard]
        self._frames[group][heard] += power.shape[1]

    def levels_db(self) -> dict[str, Doubles]:
        """Decibels of each band by class, the loudest at 0; NaN where nothing was heard."""
        found = {}
        for group in sorted(self._power):
            with np.errstate(invalid="ignore", divide="ignore"):
                levels = 10.0 * np.log10(self._power[group] / self._frames[group])
            levels[~np.isfinite(levels)] = np.nan
            if np.isfinite(levels).any():
                found[group] = levels - np.nanmax(levels)
        return found


def density(power: Doubles, bin_hz: float) -> Doubles:
    """Power ``[bins]``, per hertz of each band ``[BANDS]``; NaN for a band beyond the last bin."""
    edges = (np.arange(len(power) + 1) - 0.5) * bin_hz
    gathered = np.interp(EDGES_HZ, edges, np.concatenate([[0.0], np.cumsum(power)]))
    within = np.diff(gathered) / np.diff(EDGES_HZ)
    return np.where(EDGES_HZ[1:] <= (len(power) - 1) * bin_hz, within, np.nan)


class Notes:
    """How often each note is played, surely, by split: counts of frames ``[NOTES]``."""

    def __init__(self) -> None:
        self.counts: dict[str, NDArray[np.int64]] = defaultdict(lambda: np.zeros(NOTES, np.int64))
        self.frames, self.sounds = 0, 0

    def add_rows(self, split: str, rows: Floats) -> None:
        """Take rows ``[F, 3]`` of the feature ``f0``."""
        nearest = np.clip(np.rint(sure_notes(rows)), 0, NOTES - 1).astype(np.int64)
        self.counts[split] += np.bincount(nearest, minlength=NOTES)
        self.frames += len(rows)

    def add_sound(self, split: str, mono: Floats, sample_rate: int) -> None:
        """Follow the pitch of a sound ``[T]``."""
        self.sounds += 1
        heard = resample(mono, sample_rate, _PITCH_RATE)
        self.add_rows(split, f0.extractor(_PITCH_RATE, _PITCH_HOP)(heard).T)

    def of(self, splits: Iterable[str]) -> NDArray[np.int64]:
        """The counts of some splits together, ``[NOTES]``."""
        counts = [self.counts[split] for split in splits if split in self.counts]
        return np.asarray(np.sum([np.zeros(NOTES, np.int64), *counts], axis=0))

    @property
    def share(self) -> float:
        """The share of all frames that play a note."""
        return sum(int(count.sum()) for count in self.counts.values()) / max(1, self.frames)


def lufs_of(blocks: Iterator[Floats], sample_rate: int, channels: int) -> float | None:
    """The loudness of a sound in blocks ``[C, n]``; None of one that is too soft to have any."""
    meter = LoudnessMeter(sample_rate, channels)
    for block in blocks:
        meter.update(block)
    found = meter.finish()
    return found if math.isfinite(found) else None


def blocks_of(length: int, sample_rate: int) -> Iterator[tuple[int, int]]:
    """From where to where a sound of some length is read at once."""
    size = round(_BLOCK_SECONDS * sample_rate)
    return ((start, min(start + size, length)) for start in range(0, length, size))
