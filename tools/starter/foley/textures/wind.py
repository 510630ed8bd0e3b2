"""Wind: noise whose pitch and strength wander together in gusts, and a thin whistle."""

from dataclasses import dataclass

import numpy as np

from foley.noise import Array, band_pass, moving_noise, shaped_noise, slow_curve, sway


@dataclass(frozen=True)
class Wind:
    """A wind around a house.

    Attributes:
        centre_hz: middle of the noise in a mean wind.
        octaves: width of its band.
        gusts_hz: how often the wind turns.
        gust_db: how far its strength wanders.
        whistle: level of the whistle beside the noise's 1.
        whistle_hz: pitch of the whistle in a mean wind.
    """

    centre_hz: float
    octaves: float
    gusts_hz: float
    gust_db: float
    whistle: float
    whistle_hz: float


VARIANTS = (
    ("Soft wind in the grass", Wind(650, 0.7, 0.25, 2.5, 0.02, 900)),
    ("Wind around the house", Wind(330, 0.45, 0.3, 4.0, 0.30, 700)),
    ("Autumn gusts", Wind(430, 0.6, 0.45, 5.0, 0.10, 800)),
    ("Draught under a door", Wind(260, 0.4, 0.2, 3.0, 0.55, 560)),
)


def render(setting: Wind, rng: np.random.Generator, seconds: float, sample_rate: int) -> Array:
    """The wind as [2, T]."""
    samples = round(seconds * sample_rate)
    gust = np.clip(slow_curve(rng, samples, sample_rate, setting.gusts_hz), -1.8, 1.8)
    flutter = 0.15 * slow_curve(rng, samples, sample_rate, 3.0)
    centre = setting.centre_hz * np.exp2(0.45 * gust + flutter)
    air = moving_noise(rng, sample_rate, centre.astype(np.float32), setting.octaves)
    rumble = shaped_noise(rng, samples, sample_rate, band_pass(60, 160))
    rumble *= sway(rng, samples, sample_rate, 1.0, 2.0)
    strength = 10 ** (gust * setting.gust_db / 20)
    whistle = _whistle(setting, rng, gust, sample_rate)
    blown = air + np.float32(setting.whistle) * whistle * strength + np.float32(0.25) * rumble
    return (blown * strength).astype(np.float32)


def _whistle(setting: Wind, rng: np.random.Generator, gust: Array, sample_rate: int) -> Array:
    """Narrow noise [2, T] around a pitch that follows the gusts: a sine with a trembling size."""
    samples = gust.shape[-1]
    drift = 0.06 * slow_curve(rng, samples, sample_rate, 1.0)
    pitch = setting.whistle_hz * np.exp2(0.25 * gust + drift)
    phase = np.cumsum(2 * np.pi * pitch / sample_rate)
    quadratures = shaped_noise(rng, samples, sample_rate, band_pass(0.5, 12), channels=4)
    rotor = np.stack([np.cos(phase), np.sin(phase)] * 2) * quadratures
    whistle: Array = rotor.reshape(2, 2, samples).sum(axis=1).astype(np.float32)
    return whistle
