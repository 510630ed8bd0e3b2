"""Short-time spectra: power by frame and frequency, and the same on the mel scale.

The mel scale is Slaney's (Auditory Toolbox, 1998): linear below 1 kHz, logarithmic above, with
filters of equal area, as librosa has it by default; not HTK's.
"""

import numpy as np
from numpy.typing import NDArray

from whisperwave.errors import ConfigError

_BREAK_HZ, _HZ_PER_MEL = 1000.0, 200.0 / 3.0
_BREAK_MEL = _BREAK_HZ / _HZ_PER_MEL
_LOG_STEP = np.log(6.4) / 27.0


def stft_power(
    audio: NDArray[np.floating], window_length: int, hop_length: int
) -> NDArray[np.float32]:
    """The power of every frequency in every frame, with a periodic Hann window.

    A frame is centred on each multiple of ``hop_length``; beyond its ends the audio is silent. A
    full-scale sine on a bin reads 1.0 there, whatever the window's length.

    Args:
        audio: ``[..., T]``.
        window_length: samples in a window, even, 2 or more.
        hop_length: samples between windows, 1 or more.

    Returns:
        float32 ``[..., window_length // 2 + 1, 1 + T // hop_length]``.
    """
    if window_length < 2 or window_length % 2 or hop_length < 1:
        raise ConfigError(
            "BAD_WINDOW", f"{window_length=} or {hop_length=} cannot be used.",
            "Use an even window of 2 or more samples and a hop of 1 or more.",
        )  # fmt: skip
    half = window_length // 2
    padded = np.pad(np.asarray(audio), [(0, 0)] * (np.ndim(audio) - 1) + [(half, half)])
    frames = np.lib.stride_tricks.sliding_window_view(padded, window_length, axis=-1)
    return power_of(frames[..., ::hop_length, :])


def power_of(frames: NDArray[np.floating]) -> NDArray[np.float32]:
    """The power of every frequency in frames that are cut already, as `stft_power` has it.

    ``[..., n, window_length]`` to float32 ``[..., window_length // 2 + 1, n]``.
    """
    window = hann_window(frames.shape[-1])
    scaled = window * (2.0 / window.sum())
    spectrum = np.fft.rfft(frames * scaled, axis=-1)
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    return np.ascontiguousarray(np.swapaxes(power, -1, -2), np.float32)


def hann_window(length: int) -> NDArray[np.float64]:
    """The periodic Hann window, ``[length]``."""
    return np.asarray(0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(length) / length))


def mel_filterbank(
    sample_rate: int, window_length: int, n_mels: int, low_hz: float = 0.0,
    high_hz: float | None = None,
) -> NDArray[np.float32]:  # fmt: skip
    """Triangles of equal area on Slaney's mel scale, ``[n_mels, window_length // 2 + 1]``.

    Raises:
        ConfigError: the band is empty, or a filter falls between two bins; the message says which.
    """
    top_hz = sample_rate / 2.0 if high_hz is None else high_hz
    if not 0.0 <= low_hz < top_hz <= sample_rate / 2.0 or n_mels < 1:
        raise ConfigError(
            "BAD_BAND", f"{n_mels=} filters from {low_hz} to {top_hz} Hz at {sample_rate} Hz.",
            "Use a band between 0 Hz and half the sample rate, and one filter or more.",
        )  # fmt: skip
    edges_hz = mel_to_hz(np.linspace(hz_to_mel(low_hz), hz_to_mel(top_hz), n_mels + 2))
    bins_hz = np.fft.rfftfreq(window_length, 1.0 / sample_rate)
    rise = (bins_hz - edges_hz[:-2, None]) / np.diff(edges_hz)[:-1, None]
    fall = (edges_hz[2:, None] - bins_hz) / np.diff(edges_hz)[1:, None]
    height = 2.0 / (edges_hz[2:] - edges_hz[:-2])
    bank: NDArray[np.float64] = np.maximum(0.0, np.minimum(rise, fall)) * height[:, None]
    _refuse_empty(bank, window_length)
    return bank.astype(np.float32)


def log_mel(
    audio: NDArray[np.floating], sample_rate: int, *, window_length: int = 1024,
    hop_length: int = 256, n_mels: int = 80, floor_db: float = -100.0,
) -> NDArray[np.float32]:  # fmt: skip
    """Mel power in decibels, ``[..., n_mels, frames]``, not below ``floor_db``."""
    bank = mel_filterbank(sample_rate, window_length, n_mels)
    return decibels(bank @ stft_power(audio, window_length, hop_length), floor_db)


def decibels(power: NDArray[np.float32], floor_db: float) -> NDArray[np.float32]:
    """Power in decibels, not below ``floor_db``."""
    floor = np.float32(10.0 ** (floor_db / 10.0))
    return np.maximum(np.float32(10.0) * np.log10(np.maximum(power, floor)), np.float32(floor_db))


def hz_to_mel(frequency_hz: float | NDArray[np.float64]) -> NDArray[np.float64]:
    """Slaney's mel number of a frequency."""
    hz = np.asarray(frequency_hz, np.float64)
    above = _BREAK_MEL + np.log(np.maximum(hz, _BREAK_HZ) / _BREAK_HZ) / _LOG_STEP
    return np.where(hz < _BREAK_HZ, hz / _HZ_PER_MEL, above)


def mel_to_hz(mel: float | NDArray[np.float64]) -> NDArray[np.float64]:
    """The frequency of Slaney's mel number."""
    mels = np.asarray(mel, np.float64)
    above = _BREAK_HZ * np.exp(_LOG_STEP * (np.maximum(mels, _BREAK_MEL) - _BREAK_MEL))
    return np.where(mels < _BREAK_MEL, mels * _HZ_PER_MEL, above)


def _refuse_empty(bank: NDArray[np.float64], window_length: int) -> None:
    empty = np.flatnonzero(bank.sum(axis=1) == 0.0)
    if empty.size:
        raise ConfigError(
            "BAD_BAND",
            f"{empty.size} of {len(bank)} mel filters are narrower than a bin of {window_length=}.",
            "Use fewer filters or a longer window.",
        )
