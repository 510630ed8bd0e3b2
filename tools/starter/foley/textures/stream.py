"""Stream: a crowd of ringing bubbles over the rush of the water.

A bubble of radius r rings at Minnaert's frequency, 3.26 / r hertz (r in metres), damped and rising
in pitch as it nears the surface: van den Doel (2005), "Physically based models for liquid sounds".
"""

from dataclasses import dataclass

import numpy as np

from foley.grains import Bursts, add_bursts, poisson_times, thinned
from foley.noise import Array, band_pass, shaped_noise, slow_curve, sway, tilted, unit


@dataclass(frozen=True)
class Stream:
    """A running water.

    Attributes:
        bubbles_per_second: how busy it is.
        radius_mm: median radius of the bubbles; small ones tinkle, large ones gurgle.
        spread: deviation of the radius's logarithm.
        rush: RMS of the water's noise beside the bubbles' 1.
        rush_hz: middle of that noise.
    """

    bubbles_per_second: float
    radius_mm: float
    spread: float
    rush: float
    rush_hz: float


VARIANTS = (
    ("Brook over pebbles", Stream(450, 2.0, 0.40, 0.22, 1200)),
    ("Trickle in the moss", Stream(110, 2.4, 0.35, 0.06, 1500)),
    ("Forest stream", Stream(900, 2.8, 0.55, 0.45, 700)),
    ("Spring in a stone basin", Stream(220, 4.0, 0.45, 0.12, 600)),
)


def render(setting: Stream, rng: np.random.Generator, seconds: float, sample_rate: int) -> Array:
    """The water as [2, T]."""
    samples = round(seconds * sample_rate)
    rush_band = tilted(band_pass(setting.rush_hz / 2.5, setting.rush_hz * 2.5), -2)
    rush = shaped_noise(rng, samples, sample_rate, rush_band)
    rush *= sway(rng, samples, sample_rate, 2.0, 1.5)
    water = np.zeros_like(rush)
    add_bursts(water, _bubbles(setting, rng, seconds), sample_rate, attack_s=1.5e-3)
    return unit(water) + np.float32(setting.rush) * rush


def _bubbles(setting: Stream, rng: np.random.Generator, seconds: float) -> Bursts:
    crowd = 0.6 + 0.2 * slow_curve(rng, round(100 * seconds), 100, 2.5)
    times = poisson_times(rng, setting.bubbles_per_second / 0.6, seconds)
    onset = thinned(rng, times, np.clip(crowd, 0.15, 1), seconds)
    count = len(onset)
    drawn_mm = setting.radius_mm * np.exp(rng.normal(0, setting.spread, count))
    radius = np.clip(drawn_mm, 0.6, 12) / 1000
    damping = 0.13 / radius + 0.0072 * radius**-1.5
    rise = rng.choice([0.0, 0.05, 0.1], count, p=[0.4, 0.35, 0.25]) * damping
    loudness = (radius * 1000) ** 0.7 * rng.beta(1.2, 3.0, count)
    pan = rng.uniform(-0.8, 0.8, count)
    return Bursts(onset, 3.26 / radius, 1.3 / damping, loudness, pan, rise)
