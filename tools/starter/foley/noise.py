"""Noise with a chosen spectrum, and slow random curves to move it with."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Response = Callable[[Array], Array]


def band_pass(low_hz: float, high_hz: float, order: int = 2) -> Response:
    """Magnitude response of a Butterworth-shaped band with `order` on either side."""

    def response(frequencies_hz: Array) -> Array:
        f = np.maximum(frequencies_hz, 1.0)
        rise = 1 / np.sqrt(1 + (low_hz / f) ** (2 * order))
        fall = 1 / np.sqrt(1 + (f / high_hz) ** (2 * order))
        return (rise * fall).astype(np.float32)

    return response


def tilted(response: Response, db_per_octave: float, pivot_hz: float = 1000.0) -> Response:
    """The same response leaning by `db_per_octave` around `pivot_hz`."""
    exponent = db_per_octave / (20 * np.log10(2))

    def leaning(frequencies_hz: Array) -> Array:
        ratio = np.maximum(frequencies_hz, 20.0) / pivot_hz
        leant: Array = (response(frequencies_hz) * ratio**exponent).astype(np.float32)
        return leant

    return leaning


def rms(audio: Array) -> float:
    """Root mean square over all channels."""
    return float(np.sqrt(np.mean(np.square(audio, dtype=np.float64))))


def unit(audio: Array) -> Array:
    """The same audio at RMS 1; silence stays silence."""
    level = rms(audio)
    return audio if level == 0 else (audio / level).astype(np.float32)


def shaped_noise(
    rng: np.random.Generator, samples: int, sample_rate: int, response: Response, channels: int = 2
) -> Array:
    """Gaussian noise [C, T] with the magnitude `response`, RMS 1, channels independent."""
    spectrum = np.fft.rfft(rng.standard_normal((channels, samples), dtype=np.float32))
    frequencies = np.fft.rfftfreq(samples, 1 / sample_rate).astype(np.float32)
    shaped = np.fft.irfft(spectrum * response(frequencies), n=samples)
    return unit(shaped.astype(np.float32))


def moving_noise(
    rng: np.random.Generator, sample_rate: int, centre_hz: Array, octaves: float
) -> Array:
    """Noise [2, T] in a band that follows `centre_hz` [T], `octaves` wide (one sigma).

    A bank of fixed half-octave bands is mixed by gains that follow the centre: a time-varying
    filter without recursion.
    """
    samples = centre_hz.shape[-1]
    place = np.log2(centre_hz)
    low, high = float(place.min()) - 1.5 * octaves, float(place.max()) + 1.5 * octaves
    spectrum = np.fft.rfft(rng.standard_normal((2, samples), dtype=np.float32))
    octave = np.log2(np.maximum(np.fft.rfftfreq(samples, 1 / sample_rate), 1.0))
    mixed = np.zeros((2, samples), np.float32)
    for band in np.arange(low, high + 0.5, 0.5):
        bell = -0.5 * ((octave - band) / 0.3) ** 2
        window = np.exp(bell - 0.35 * (octave - 9)).astype(np.float32)  # -3 dB an octave
        gain = np.exp(-0.5 * ((place - band) / octaves) ** 2).astype(np.float32)
        mixed += gain * np.fft.irfft(spectrum * window, n=samples)
    return unit(mixed)


def slow_curve(rng: np.random.Generator, samples: int, sample_rate: int, turns_hz: float) -> Array:
    """A smooth random curve [T], mean 0, deviation about 1, turning `turns_hz` times a second.

    Independent knots joined by half cosines.
    """
    count = int(np.ceil(samples / sample_rate * 2 * turns_hz)) + 2
    knots = rng.standard_normal(count)
    place = np.arange(samples) * (2 * turns_hz / sample_rate) + rng.random()
    index = np.minimum(place.astype(np.int64), count - 2)
    weight = 0.5 - 0.5 * np.cos(np.pi * np.minimum(place - index, 1.0))
    curve: Array = (knots[index] * (1 - weight) + knots[index + 1] * weight).astype(np.float32)
    return curve


def sway(
    rng: np.random.Generator, samples: int, sample_rate: int, turns_hz: float, depth_db: float
) -> Array:
    """A gain curve [T] that wanders by `depth_db` (one sigma, two at most) around 1."""
    curve = np.clip(slow_curve(rng, samples, sample_rate, turns_hz), -2, 2)
    return (10 ** (curve * depth_db / 20)).astype(np.float32)
