"""Loudness frame by frame, weighed as a quiet sound is heard: the A curve of IEC 61672-1.

As J. Engel et al., "DDSP: differentiable digital signal processing" (2020), tell a synthesiser how
loud to be: power by frequency, weighed by the A curve, summed, in decibels.
"""

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp.framing import FrameExtractor, Rows
from whisperwave.dsp.loudness import a_weighting_db
from whisperwave.dsp.spectra import decibels, power_of

WINDOW_SECONDS = 0.032
FLOOR_DB = -80.0


class Loudness(FrameExtractor):
    """One row, ``loudness_db``: 0 is a full-scale sine at 1 kHz, -80 silence."""

    names = ("loudness_db",)

    def __init__(self, sample_rate: int, hop_length: int) -> None:
        super().__init__(2 * round(WINDOW_SECONDS * sample_rate / 2.0), hop_length)
        hertz = np.fft.rfftfreq(self.window_length, 1.0 / sample_rate)
        weights = 10.0 ** (a_weighting_db(hertz) / 10.0)
        # A sine spreads over three bins of a Hann window, in which its power adds up to 1.5.
        self._weights = np.asarray(weights / 1.5, np.float32)[None]

    def _rows(self, frames: NDArray[np.float64], own: None) -> tuple[Rows, None]:
        return decibels(self._weights @ power_of(frames), FLOOR_DB), own


def extractor(sample_rate: int, hop_length: int) -> Loudness:
    """The extractor for sounds of some rate."""
    return Loudness(sample_rate, hop_length)
