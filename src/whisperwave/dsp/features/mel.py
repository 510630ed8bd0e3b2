"""Mel controls: how loud each part of the spectrum is, frame by frame, in numbers of about one.

The slow outline of a sound: where its notes, strokes and drops begin, how they swell and fade, and
roughly where their partials lie. A model that is told this outline is left to fill in the waveform.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp.framing import FrameExtractor, Rows
from whisperwave.dsp.spectra import decibels, mel_filterbank, power_of, stft_power

WINDOW_SECONDS = 0.05  # long enough to tell neighbouring notes apart, short enough for a tap
FLOOR_DB = -110.0
MIDDLE_DB, SPAN_DB = -65.0, 20.0  # of sounds levelled to -20 dBFS: mean and spread, roughly

BANDS = 64  # of a prepared set; a network that is told fewer or more takes its own

SETTINGS: dict[str, object] = {
    "window_seconds": WINDOW_SECONDS,
    "floor_db": FLOOR_DB,
    "middle_db": MIDDLE_DB,
    "span_db": SPAN_DB,
    "scale": "slaney",
}  # what another program must know to make the same controls


def mel_window_length(sample_rate: int) -> int:
    """The samples that a frame is taken from."""
    return 2 * round(WINDOW_SECONDS * sample_rate / 2.0)


def mix_controls(
    outlines: Sequence[NDArray[np.float32]], shares: Sequence[float]
) -> NDArray[np.float32]:
    """The outline of sounds heard together, ``[K, F]`` each: powers add up by their shares."""
    levels = [outline * (SPAN_DB / 10.0) + MIDDLE_DB / 10.0 for outline in outlines]
    power = np.sum([share * 10.0**level for share, level in zip(shares, levels, strict=True)], 0)
    mixed = np.log10(np.maximum(power, 10.0 ** (FLOOR_DB / 10.0)))
    return np.asarray((10.0 * mixed - MIDDLE_DB) / SPAN_DB, np.float32)


def mel_controls(
    audio: NDArray[np.floating], sample_rate: int, bands: int, hop_length: int
) -> NDArray[np.float32]:
    """The mel outline of a sound, ``[T]`` to float32 ``[bands, 1 + T // hop_length]``.

    Frame ``f`` is centred on sample ``f * hop_length``. Decibels are shifted and divided so that
    the sounds of a library, levelled, lie within about -2 and 2; 0 is a middling level.

    Raises:
        ConfigError: more bands than the window can tell apart.
    """
    window = mel_window_length(sample_rate)
    bank = mel_filterbank(sample_rate, window, bands)
    return controls_of(bank @ stft_power(audio, window, hop_length))


def controls_of(power: NDArray[np.float32]) -> NDArray[np.float32]:
    """The controls of mel bands that hold some power, each number by itself."""
    return (decibels(power, FLOOR_DB) - np.float32(MIDDLE_DB)) / np.float32(SPAN_DB)


class Mel(FrameExtractor):
    """Rows: `BANDS` mel controls, from the lowest band up, as `mel_controls` has them."""

    names = tuple(f"mel_{band}" for band in range(BANDS))

    def __init__(self, sample_rate: int, hop_length: int) -> None:
        super().__init__(mel_window_length(sample_rate), hop_length)
        self._bank = mel_filterbank(sample_rate, self.window_length, BANDS)

    def _rows(self, frames: NDArray[np.float64], own: None) -> tuple[Rows, None]:
        return controls_of(self._bank @ power_of(frames)), own


def extractor(sample_rate: int, hop_length: int) -> Mel:
    """The extractor for sounds of some rate."""
    return Mel(sample_rate, hop_length)
