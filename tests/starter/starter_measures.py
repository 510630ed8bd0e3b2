"""What the starter's tests listen with: envelopes, event counts, modulation, spectra."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Values = NDArray[np.float64]


def powers(audio: Array, sample_rate: int, frame_s: float) -> Values:
    """Mean power of [C, T] in frames of `frame_s`, the channels added."""
    frame = round(frame_s * sample_rate)
    whole = audio[:, : audio.shape[-1] // frame * frame].astype(np.float64)
    return np.mean(whole.reshape(audio.shape[0], -1, frame) ** 2, axis=-1).sum(axis=0)


def events_per_second(audio: Array, sample_rate: int, jump: float = 4.0) -> float:
    """Rate of sudden rises: a 2 ms frame `jump` times over the mean of the 10 ms before it."""
    power = powers(audio, sample_rate, 0.002)
    power = power + 1e-4 * power.mean()
    before = np.lib.stride_tricks.sliding_window_view(power, 5).mean(axis=-1)[:-1]
    rises = power[5:] > jump * before
    starts = rises & ~np.concatenate([[False], rises[:-1]])
    return float(starts.sum() / (audio.shape[-1] / sample_rate))


def modulation(audio: Array, sample_rate: int, frame_s: float = 0.02) -> tuple[Values, Values]:
    """Frequencies in hertz and the modulation spectrum of the amplitude envelope."""
    envelope = np.sqrt(powers(audio, sample_rate, frame_s))
    moving = (envelope / envelope.mean() - 1) * np.hanning(envelope.size)
    size = 8 * envelope.size
    return np.fft.rfftfreq(size, frame_s), np.abs(np.fft.rfft(moving, n=size)) ** 2


def strongest_modulation_hz(audio: Array, sample_rate: int, low_hz: float, high_hz: float) -> float:
    """Where the modulation spectrum is highest between two limits."""
    frequencies, spectrum = modulation(audio, sample_rate)
    inside = (frequencies >= low_hz) & (frequencies <= high_hz)
    return float(frequencies[inside][np.argmax(spectrum[inside])])


def modulation_share(audio: Array, sample_rate: int, low_hz: float, high_hz: float) -> float:
    """Share of the modulation's energy (up to 25 Hz) between two limits."""
    frequencies, spectrum = modulation(audio, sample_rate)
    inside = (frequencies >= low_hz) & (frequencies < high_hz)
    return float(spectrum[inside].sum() / spectrum.sum())


def depth(audio: Array, sample_rate: int, frame_s: float = 0.02) -> float:
    """Deviation of the amplitude envelope beside its mean."""
    envelope = np.sqrt(powers(audio, sample_rate, frame_s))
    return float(envelope.std() / envelope.mean())


def band_share(audio: Array, sample_rate: int, low_hz: float, high_hz: float) -> float:
    """Share of the power between two frequencies."""
    spectrum = np.sum(np.abs(np.fft.rfft(audio)) ** 2, axis=0)
    frequencies = np.fft.rfftfreq(audio.shape[-1], 1 / sample_rate)
    inside = (frequencies >= low_hz) & (frequencies < high_hz)
    return float(spectrum[inside].sum() / spectrum.sum())


def median_hz(audio: Array, sample_rate: int) -> float:
    """The frequency that halves the power."""
    spectrum = np.cumsum(np.sum(np.abs(np.fft.rfft(audio)) ** 2, axis=0))
    frequencies = np.fft.rfftfreq(audio.shape[-1], 1 / sample_rate)
    return float(frequencies[np.searchsorted(spectrum, spectrum[-1] / 2)])


def kurtosis(audio: Array) -> float:
    """Fourth moment beside Gaussian noise's 3: how much of the power is in rare peaks."""
    return float(np.mean(audio**4) / np.mean(audio**2) ** 2)


def octave_levels_db(audio: Array, sample_rate: int) -> Values:
    """Share of the power in each octave from 62.5 Hz to 8 kHz, in decibels, -40 at least."""
    edges = 62.5 * 2.0 ** np.arange(8)
    shares = [band_share(audio, sample_rate, low, high) for low, high in pairwise(edges)]
    return 10 * np.log10(np.maximum(shares, 1e-4))


def white(audio: Array) -> Values:
    """The channels' mean with its spectrum smoothed flat: what is left is when, not which band."""
    spectrum = np.fft.rfft(audio.mean(axis=0).astype(np.float64))
    width = 801
    padded = np.pad(np.abs(spectrum) ** 2, width // 2, mode="edge")
    sums = np.cumsum(np.insert(padded, 0, 0.0))
    local = (sums[width:] - sums[:-width]) / width
    return np.fft.irfft(spectrum / np.sqrt(local + 1e-6 * local.max()), n=audio.shape[-1])


def largest_correlation(first: Values, second: Values) -> float:
    """Largest magnitude of the normalised cross-correlation of two [T] over all lags."""
    size = first.size + second.size
    crossed = np.fft.irfft(np.fft.rfft(first, size) * np.conj(np.fft.rfft(second, size)), n=size)
    return float(np.abs(crossed).max() / np.sqrt(np.sum(first**2) * np.sum(second**2)))
