"""One level for every clip, so that a model and its picks never differ in loudness alone."""

import numpy as np
from numpy.typing import NDArray

LEVEL_DBFS = -20.0
PEAK = 0.9
MOST_GAIN_DB = 40.0


def levelled(audio: NDArray[np.floating]) -> NDArray[np.float32]:
    """Bring a sound, ``[T]``, to -20 dBFS RMS, or less where its peak would pass 0.9.

    DC is removed first. Silence stays silence, and nothing is raised by more than 40 dB.
    """
    centred = np.asarray(audio, np.float64)
    centred = centred - (centred.mean() if centred.size else 0.0)
    rms = np.sqrt(np.mean(centred**2)) if centred.size else 0.0
    if rms == 0.0:
        return centred.astype(np.float32)
    wanted = 10.0 ** (LEVEL_DBFS / 20.0) / rms
    gain = min(wanted, PEAK / np.abs(centred).max(), 10.0 ** (MOST_GAIN_DB / 20.0))
    return np.asarray(centred * gain, np.float32)
