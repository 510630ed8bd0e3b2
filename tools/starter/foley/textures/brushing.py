"""Brushing: soft strokes of a brush, each the sum of bristles that slip one by one."""

from dataclasses import dataclass

import numpy as np

from foley.noise import Array, Response, band_pass, shaped_noise, tilted, unit


@dataclass(frozen=True)
class Brushing:
    """A hand with a brush.

    Attributes:
        strokes_per_second: rhythm of the hand.
        bristles_per_second: slips; few are grainy, many are silk.
        low_hz: lower end of the band.
        high_hz: upper end.
        length: share of the time between strokes that a stroke fills.
    """

    strokes_per_second: float
    bristles_per_second: float
    low_hz: float
    high_hz: float
    length: float


VARIANTS = (
    ("Soft hair brush", Brushing(1.1, 900, 2600, 7500, 0.62)),
    ("Stiff bristles, slow", Brushing(0.95, 350, 2000, 6000, 0.70)),
    ("Make-up brush on a microphone", Brushing(1.5, 1500, 3200, 9000, 0.55)),
    ("Broom on linen", Brushing(1.25, 550, 1600, 5000, 0.66)),
)


def render(setting: Brushing, rng: np.random.Generator, seconds: float, sample_rate: int) -> Array:
    """The strokes as [2, T]; forth and back differ in colour, weight and side."""
    samples = round(seconds * sample_rate)
    forth = band_pass(setting.low_hz, setting.high_hz, order=3)
    back = band_pass(1.25 * setting.low_hz, 1.15 * setting.high_hz, order=3)
    ways = [_bristles(setting, rng, samples, sample_rate, way) for way in (forth, back)]
    cloth = shaped_noise(rng, samples, sample_rate, tilted(band_pass(400, 1800), -3))
    strokes = _strokes(setting, rng, seconds, samples)
    brushed: Array = (np.stack(ways) * strokes).sum(axis=0)
    rubbed: Array = np.float32(0.12) * cloth * (np.float32(0.15) + strokes.sum(axis=0))
    return brushed + rubbed


def _bristles(
    setting: Brushing, rng: np.random.Generator, samples: int, sample_rate: int, band: Response
) -> Array:
    """A stroke without end, RMS 1: noise as grainy as the slips are few."""
    noise = shaped_noise(rng, samples, sample_rate, band)
    return unit(noise * _slips(setting, rng, samples, sample_rate))


def _slips(setting: Brushing, rng: np.random.Generator, samples: int, sample_rate: int) -> Array:
    """Gain [2, T]: a quiet ground with a 2 ms bump wherever a bristle lets go."""
    rate = setting.bristles_per_second / sample_rate
    slips = (rng.random((2, samples)) < rate) * rng.uniform(0.4, 1, (2, samples))
    kernel = np.exp(-np.arange(samples) / (0.002 * sample_rate))
    bumps = np.fft.irfft(np.fft.rfft(slips) * np.fft.rfft(kernel), n=samples)
    return (0.4 + unit(bumps.astype(np.float32))).astype(np.float32)


def _strokes(setting: Brushing, rng: np.random.Generator, seconds: float, samples: int) -> Array:
    """Envelopes [2 ways, 2 channels, T], forth and back by turns."""
    t = np.linspace(0, seconds, samples, endpoint=False, dtype=np.float32)
    period = 1 / setting.strokes_per_second
    envelopes = np.zeros((2, 2, samples), np.float32)
    start, way = -rng.uniform(0, period), 0
    while start < seconds:
        width = setting.length * period * rng.uniform(0.9, 1.1)
        phase = np.clip((t - start) / width, 0, 1)
        shape = np.sin(np.pi * phase**0.8) ** 2 * rng.uniform(0.75, 1.0)
        side = (0.35 if way else -0.35) + 0.5 * (phase - 0.5) * (-1 if way else 1)
        angle = (side + 1) * np.pi / 4
        envelopes[way] += shape * np.stack([np.cos(angle), np.sin(angle)])
        start += period * rng.uniform(0.93, 1.07)
        way = 1 - way
    return envelopes
