"""A true-peak limiter that a listener cannot hear working.

The gain is known before it is needed (the whole piece is at hand), so it moves over a tenth of a
second on both sides of a peak: no attack to hear, no pumping on single crackles.
"""

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp.loudness import true_peak_dbtp
from whisperwave.dsp.resampling import pieces, resample

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

OVERSAMPLING = 4
REACH_SECONDS = 0.05
_ROUNDS = 3
_HAIR_DB = 1e-3
_MARGIN = 1 << 10


def limited(audio: Floats, sample_rate: int, ceiling_dbtp: float) -> Floats:
    """The sound with its true peak at or under ``ceiling_dbtp``; untouched if it was.

    All channels of ``audio``, ``[T]`` or ``[C, T]``, move by one gain, so that nothing wanders.
    """
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


def _peaks(audio: Floats, sample_rate: int) -> Doubles:
    """The largest magnitude around each sample, ``[T]``, of any channel and between the samples."""
    channels = np.atleast_2d(audio)
    found = []
    for piece, kept in pieces(channels.shape[1], _MARGIN):
        dense = np.abs(resample(channels[:, piece], sample_rate, OVERSAMPLING * sample_rate))
        fine = dense.reshape(len(channels), -1, OVERSAMPLING)
        found.append(fine.max(axis=(0, 2))[kept].astype(np.float64))
    return np.concatenate(found)


def _eased(wanted: Doubles, reach: int) -> Doubles:
    """A smooth gain that is nowhere above ``wanted``.

    The least of the gains wanted within ``reach`` samples, averaged twice over half as many to each
    side: every average sees only values that already respect the sample in its middle.
    """
    padded = np.pad(wanted, 2 * reach, constant_values=1.0)
    least = _running_least(padded, 2 * reach + 1)
    return _running_mean(_running_mean(least, reach + 1), reach + 1)


def _running_least(values: Doubles, width: int) -> Doubles:
    """The minimum of every ``width`` neighbours, by doubling the width."""
    done = 1
    while done < width:
        step = min(done, width - done)
        values = np.minimum(values[:-step], values[step:])
        done += step
    return values


def _running_mean(values: Doubles, width: int) -> Doubles:
    """The mean of every ``width`` neighbours."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    mean: Doubles = (total[width:] - total[:-width]) / width
    return mean
