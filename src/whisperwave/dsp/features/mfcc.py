"""Mel-frequency cepstral coefficients: the shape of a spectrum in a few numbers, without its pitch.

S. B. Davis and P. Mermelstein, "Comparison of parametric representations for monosyllabic word
recognition in continuously spoken sentences", IEEE TASSP 28 (1980): the cosine transform (type 2,
orthonormal) of mel power in decibels, on Slaney's mel scale.
"""

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp.framing import FrameExtractor, Rows
from whisperwave.dsp.spectra import decibels, mel_filterbank, power_of

COEFFICIENTS = 20
BANDS = 40
WINDOW_SECONDS = 0.032
FLOOR_DB = -100.0


class Mfcc(FrameExtractor):
    """Rows: `COEFFICIENTS` numbers; the first is the mean level in decibels, times a root of 40."""

    names = tuple(f"mfcc_{number}" for number in range(COEFFICIENTS))

    def __init__(self, sample_rate: int, hop_length: int) -> None:
        super().__init__(2 * round(WINDOW_SECONDS * sample_rate / 2.0), hop_length)
        self._bank = mel_filterbank(sample_rate, self.window_length, BANDS)
        self._cosines = cosine_transform(BANDS)[:COEFFICIENTS]

    def _rows(self, frames: NDArray[np.float64], own: None) -> tuple[Rows, None]:
        return self._cosines @ decibels(self._bank @ power_of(frames), FLOOR_DB), own


def extractor(sample_rate: int, hop_length: int) -> Mfcc:
    """The extractor for sounds of some rate."""
    return Mfcc(sample_rate, hop_length)


def cosine_transform(size: int) -> NDArray[np.float32]:
    """The orthonormal cosine transform of type 2, ``[size, size]``."""
    rows, columns = np.arange(size)[:, None], np.arange(size)
    cosines = np.sqrt(2.0 / size) * np.cos(np.pi * rows * (2 * columns + 1) / (2 * size))
    cosines[0] = np.sqrt(1.0 / size)
    return np.asarray(cosines, np.float32)
