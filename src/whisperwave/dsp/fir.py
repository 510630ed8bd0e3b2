"""Filters of finite response that take a sound step by step, and those that change its rate.

Overlap and save, by Fourier transform: A. V. Oppenheim and R. W. Schafer, "Discrete-time signal
processing", section 8.7. Several responses share one transform and interleave: a polyphase filter.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

_ATTENUATION_DB = 100.0  # of images
_GRID = 64  # transforms are as long as a multiple of this, which factors well


class Fir:
    """Filters a sound ``[..., T]`` by ``responses`` ``[P, N]``, to ``[..., P * T]``.

    Output ``P * t + p`` is what response ``p`` makes of the samples up to ``t``.
    """

    def __init__(self, responses: NDArray[np.floating]) -> None:
        self._responses = np.atleast_2d(np.asarray(responses, np.float64))
        self._spectra = np.empty((0, 0), np.complex128)
        self._size = 0

    def start(self, channels: tuple[int, ...] = ()) -> Floats:
        """The state before a sound: silence."""
        return np.zeros((*channels, self._responses.shape[1] - 1), np.float32)

    def step(self, audio: Floats, state: Floats) -> tuple[Floats, Floats]:
        """The next samples ``[..., n]``, filtered, and the state after them."""
        heard = np.concatenate([state, audio], axis=-1)
        known = state.shape[-1]
        spectrum = np.fft.rfft(heard.astype(np.float64), self._ready(heard.shape[-1]))
        filtered = np.fft.irfft(spectrum[..., np.newaxis, :] * self._spectra, self._size)
        wanted = np.swapaxes(filtered[..., known : heard.shape[-1]], -1, -2)
        out = wanted.reshape(*audio.shape[:-1], -1).astype(np.float32)
        return out, heard[..., heard.shape[-1] - known :]

    def _ready(self, length: int) -> int:
        """The length of the transform for so many samples; the responses are kept in it."""
        size = -(-length // _GRID) * _GRID
        if size != self._size:
            self._spectra, self._size = np.fft.rfft(self._responses, size), size
        return size


def interpolation(factor: int, half_length: int, cutoff: float) -> Doubles:
    """The responses ``[factor, 2 * half_length + 1]`` that raise a sample rate ``factor`` times.

    A sinc under Kaiser's window; what lies above is at -100 dB. `Fir` then lags by ``half_length``
    samples of the old rate.

    Args:
        factor: how many times.
        half_length: samples of the old rate that are heard to each side; the filter falls within
            3.2 / half_length cycles a sample.
        cutoff: where it is at half, in cycles a sample of the old rate; below 0.5.
    """
    window = np.kaiser(2 * half_length * factor + 1, 0.1102 * (_ATTENUATION_DB - 8.7))
    time = np.arange(-half_length * factor, half_length * factor + 1) / factor
    low_pass = 2.0 * cutoff * np.sinc(2.0 * cutoff * time) * window
    padded = np.pad(low_pass, (0, factor - 1))
    return padded.reshape(-1, factor).T


def delayed(queue: NDArray, new: NDArray) -> tuple[NDArray, NDArray]:  # type: ignore[type-arg] # of any
    """What comes out of a queue along the last axis when ``new`` goes in, and the queue after."""
    joined = np.concatenate([queue, new], axis=-1)
    count = new.shape[-1]
    return joined[..., :count], joined[..., count:]
