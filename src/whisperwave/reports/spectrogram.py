"""Short-time power on the grid of a picture: one value a pixel, in decibels."""

import math

import numpy as np
from numpy.typing import NDArray

_WINDOW_SECONDS = 0.046
_PADDING = 4  # finer bins for the lowest rows, which are narrower than a bin
_OVERLAP = 4  # windows begin at least this many times in a window's length
_WINDOWS_PER_COLUMN = 4  # and at most this often in a column, however long the sound
_BATCH = 64  # columns at once, to bound the memory
_SILENCE = 1e-30


def mel(f_hz: NDArray[np.floating] | float) -> NDArray[np.float64]:
    """The mel scale of O'Shaughnessy (1987): steps of pitch that sound even."""
    return 2595.0 * np.log10(1.0 + np.asarray(f_hz, np.float64) / 700.0)


def mel_to_hz(mels: NDArray[np.floating] | float) -> NDArray[np.float64]:
    """The inverse of `mel`."""
    return 700.0 * (10.0 ** (np.asarray(mels, np.float64) / 2595.0) - 1.0)


def grid_db(
    audio: NDArray[np.floating], sample_rate: int, columns: int, rows: int
) -> NDArray[np.float64]:
    """Level [rows, columns], lowest frequency first, evenly spaced in mel up to half the rate.

    Channels are averaged by power. A full-scale sine stands at 0 dB in the rows that resolve it.

    Args:
        audio: [channels, samples].
        sample_rate: in Hz.
        columns: of the picture; each averages what happens in its time.
        rows: of the picture; each averages the power density between its edges.
    """
    window = _window(sample_rate)
    bins = window.size * _PADDING // 2 + 1
    edges_hz = mel_to_hz(np.linspace(0.0, float(mel(sample_rate / 2)), rows + 1))
    bands = _bands(edges_hz / sample_rate * window.size * _PADDING, bins)
    power = np.zeros((rows, columns))
    for channel in audio:
        padded = np.pad(channel.astype(np.float32), window.size // 2)
        for first in range(0, columns, _BATCH):
            some = np.arange(first, min(first + _BATCH, columns))
            starts = _starts(some / columns, columns, channel.size, window.size)
            power[:, some] += bands @ _power(padded, starts, window) / len(audio)
    return to_db(power)


def to_db(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """Power in decibels, silence at -300."""
    return 10.0 * np.log10(power + _SILENCE)


def _window(sample_rate: int) -> NDArray[np.float32]:
    """A periodic Hann window of a power of two samples, scaled so that a full sine peaks at 1."""
    length = 1 << max(round(math.log2(sample_rate * _WINDOW_SECONDS)), 1)
    window: NDArray[np.float64] = np.hanning(length + 1)[:-1]
    scaled: NDArray[np.float32] = (window * (2.0 / window.sum())).astype(np.float32)
    return scaled


def _starts(
    places: NDArray[np.float64], columns: int, samples: int, window_length: int
) -> NDArray[np.int64]:
    """Where the windows [columns, windows] of columns at ``places`` begin in the padded audio."""
    wanted = math.ceil(samples / columns * _OVERLAP / window_length)
    count = min(max(wanted, 1), _WINDOWS_PER_COLUMN)
    steps = places[:, None] + (np.arange(count) + 0.5) / count / columns
    return (steps * samples).astype(np.int64)


def _power(
    padded: NDArray[np.float32], starts: NDArray[np.int64], window: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Power spectra [bins, columns], each the mean of the windows that begin at its starts."""
    frames = padded[starts[..., None] + np.arange(window.size)] * window
    spectra = np.fft.rfft(frames, window.size * _PADDING)
    power: NDArray[np.float32] = np.mean(spectra.real**2 + spectra.imag**2, axis=1).T
    return power


def _bands(edges: NDArray[np.float64], bins: int) -> NDArray[np.float32]:
    """Weights [rows, bins] that average a spectrum between successive ``edges``, in bins."""
    centres = np.arange(bins)
    low, high = edges[:-1, None], edges[1:, None]
    shared = np.minimum(high, centres + 0.5) - np.maximum(low, centres - 0.5)
    bands: NDArray[np.float32] = (np.maximum(shared, 0.0) / (high - low)).astype(np.float32)
    return bands
