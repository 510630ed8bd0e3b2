"""A true-peak limiter that a listener cannot hear working.

The gain is known before it is needed (the whole piece is at hand), so it moves over a tenth of a
second on both sides of a peak: no attack to hear, no pumping on single crackles.
"""

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp.loudness import true_peak_dbtp
from whisperwave.dsp.resampling import resample

Floats = NDArray[np.float32]

OVERSAMPLING = 4
REACH_SECONDS = 0.05
_ROUNDS = 3
_HAIR_DB = 1e-3


def limited(audio: Floats, sample_rate: int, ceiling_dbtp: float) -> Floats:
    """``audio [T]`` with its true peak at or under ``ceiling_dbtp``; untouched if it was."""
    if true_peak_dbtp(audio, sample_rate) <= ceiling_dbtp:
        return audio
    peaks, reach = _peaks(audio, sample_rate), round(REACH_SECONDS * sample_rate)
    aim_dbtp, excess_db, softened = ceiling_dbtp, 0.0, audio
    for _ in range(_ROUNDS):
        aim = 10.0 ** (aim_dbtp / 20.0)
        softened = audio * _eased(aim / np.maximum(peaks, aim), reach).astype(np.float32)
        # Two interpolation filters, and a moving gain, disagree by a hair about a peak.
        excess_db = true_peak_dbtp(softened, sample_rate) - ceiling_dbtp
        if excess_db <= 0.0:
            return softened
        aim_dbtp -= excess_db + _HAIR_DB
    return softened * np.float32(10.0 ** (-(excess_db + _HAIR_DB) / 20.0))


def _peaks(audio: Floats, sample_rate: int) -> NDArray[np.float64]:
    """The largest magnitude around every sample, between the samples included."""
    dense = np.abs(resample(audio, sample_rate, OVERSAMPLING * sample_rate))
    peaks: NDArray[np.float64] = dense.reshape(-1, OVERSAMPLING).max(axis=1).astype(np.float64)
    return peaks


def _eased(wanted: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    """A smooth gain that is nowhere above ``wanted``.

    The least of the gains wanted within ``reach`` samples, averaged over as many: every average
    sees only values that already respect the sample in its middle.
    """
    padded = np.pad(wanted, 2 * reach, constant_values=1.0)
    least = _running_least(padded, 2 * reach + 1)
    taper = np.hanning(2 * reach + 3)[1:-1]
    return _convolved(least, taper / taper.sum())


def _running_least(values: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """The minimum of every ``width`` neighbours, by doubling the width."""
    done = 1
    while done < width:
        step = min(done, width - done)
        values = np.minimum(values[:-step], values[step:])
        done += step
    return values


def _convolved(values: NDArray[np.float64], taps: NDArray[np.float64]) -> NDArray[np.float64]:
    """The valid part of a convolution with a symmetric window, by Fourier transform."""
    size = 1 << (len(values) - 1).bit_length()
    spectrum = np.fft.rfft(values, size) * np.fft.rfft(taps, size)
    return np.fft.irfft(spectrum, size)[len(taps) - 1 : len(values)]
