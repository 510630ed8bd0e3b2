"""One level for every clip, so that a model and its picks never differ in loudness alone."""

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp.loudness import integrated_lufs

LEVEL_DBFS = -20.0
LEVEL_LUFS = -23.0
PEAK = 0.9
MOST_GAIN_DB = 40.0
FULL_SCALE = 32767.0  # of samples in 16 bits

Level = Literal["rms", "peak", "lufs", "none"]


def levelled(audio: NDArray[np.floating]) -> NDArray[np.float32]:
    """Bring a sound, ``[T]``, to -20 dBFS RMS, or less where its peak would pass 0.9.

    DC is removed first. Silence stays silence, and nothing is raised by more than 40 dB.
    """
    centred = without_dc(audio)
    return np.asarray(centred * gain_to(centred, "rms", 0), np.float32)


def without_dc(audio: NDArray[np.floating]) -> NDArray[np.float64]:
    """A sound ``[..., T]`` with each channel's mean taken out."""
    centred = np.array(audio, np.float64)
    if centred.size:
        centred -= centred.mean(axis=-1, keepdims=True)
    return centred


def gain_to(audio: NDArray[np.floating], level: Level, sample_rate: int) -> float:
    """What brings a sound ``[..., T]`` to a level: 1 for silence.

    ``rms`` is -20 dBFS over all channels and ``lufs`` -23 LUFS, both less where the peak would pass
    0.9; ``peak`` is a peak of 0.9; ``none`` changes only a peak beyond full scale, to just there.
    """
    peak = max(float(audio.max(initial=0.0)), -float(audio.min(initial=0.0)))
    if peak == 0.0:
        return 1.0
    if level == "none":
        return min(1.0, 1.0 / peak)
    wanted = {"rms": _to_rms, "peak": _to_peak, "lufs": _to_lufs}[level](audio, sample_rate)
    return float(min(wanted, PEAK / peak, 10.0 ** (MOST_GAIN_DB / 20.0)))


def _to_rms(audio: NDArray[np.floating], sample_rate: int) -> float:
    del sample_rate  # every level is asked alike
    return float(10.0 ** (LEVEL_DBFS / 20.0) / np.sqrt(np.mean(audio**2)))


def _to_peak(audio: NDArray[np.floating], sample_rate: int) -> float:
    del audio, sample_rate  # the peak bounds every level
    return math.inf


def _to_lufs(audio: NDArray[np.floating], sample_rate: int) -> float:
    """Sound below the gate of -70 LUFS has no loudness, and gets all the gain there is."""
    lufs = integrated_lufs(audio, sample_rate)
    return float(10.0 ** ((LEVEL_LUFS - lufs) / 20.0)) if math.isfinite(lufs) else math.inf
