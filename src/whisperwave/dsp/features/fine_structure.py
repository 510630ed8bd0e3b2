"""Fine structure: what a slow outline of a sound's spectrum cannot say.

Within each band, two things that a mel frame of 50 ms averages away: how the energy lies in narrow
lines or is spread evenly (long frames, a few hertz apart), and how roughly it comes and goes within
hundredths of a second (short frames). Together they tell a bowed string from shaped noise, and rain
from the sea, whatever their loudness and colour.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp.spectra import hz_to_mel, mel_to_hz, stft_power

Floats = NDArray[np.float64]

BANDS = 12
LOWEST_HZ = 100.0
HIGHEST_HZ = 7600.0
LINES_SECONDS = 0.25  # 4 Hz apart: partials of any pitch stand alone
ROUGHNESS_SECONDS = 0.005
ROUGHNESS_FRAMES = 10  # 25 ms of short frames, half of a mel frame's window
STATISTICS = 4 * BANDS
_FLOOR = 1e-10


def fine_structure(audio: NDArray[np.floating], sample_rate: int) -> NDArray[np.float32]:
    """The statistics of a sound ``[T]``, float32 ``[STATISTICS]``.

    For each band: mean and spread over time of the spectral flatness in decibels (0 is white noise,
    lower is tonal), then of the spread in decibels of its energy within 25 ms.
    """
    lines = _bands(audio, sample_rate, LINES_SECONDS)
    flatness = np.stack([_mean_db(power) - _db(power.mean(axis=0)) for power in lines])
    short = _bands(audio, sample_rate, ROUGHNESS_SECONDS)
    roughness = np.stack([_within(_db(power.mean(axis=0))) for power in short])
    rows = [flatness.mean(1), flatness.std(1), roughness.mean(1), roughness.std(1)]
    return np.concatenate(rows).astype(np.float32)


def _bands(audio: NDArray[np.floating], sample_rate: int, seconds: float) -> list[Floats]:
    """The power spectrum of every band, ``[bins, frames]`` each; at least one bin."""
    window = 2 * round(seconds * sample_rate / 2.0)
    power = stft_power(audio, window, window // 2).astype(np.float64)
    edges_hz = mel_to_hz(np.linspace(hz_to_mel(LOWEST_HZ), hz_to_mel(HIGHEST_HZ), BANDS + 1))
    edges = np.rint(edges_hz * window / sample_rate).astype(int)
    return [power[low : max(high, low + 1)] for low, high in pairwise(edges)]


def _within(levels_db: Floats) -> Floats:
    """The spread of a run of levels within each short stretch of it."""
    count = max(1, len(levels_db) // ROUGHNESS_FRAMES)
    return np.asarray(np.resize(levels_db, (count, ROUGHNESS_FRAMES)).std(axis=1))


def _mean_db(power: Floats) -> Floats:
    return np.asarray(_db(power).mean(axis=0))


def _db(power: Floats) -> Floats:
    return np.asarray(10.0 * np.log10(np.maximum(power, _FLOOR)))
