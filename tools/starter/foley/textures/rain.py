"""Rain: near drops over the far field's noise.

Drop diameters follow Marshall and Palmer (1948): exponential, broader in heavier rain. A drop is a
short knock whose pitch falls with its size; where it meets water it leaves a bubble that rings at
Minnaert's frequency. Drops too many to be told apart add up to noise.
"""

from dataclasses import dataclass

import numpy as np

from foley.grains import Bursts, add_bursts, poisson_times
from foley.noise import Array, band_pass, shaped_noise, sway, tilted, unit


@dataclass(frozen=True)
class Rain:
    """How it rains.

    Attributes:
        drops_per_second: near drops, heard one by one.
        rain_mm_per_hour: rate of rain, which sets the drops' sizes.
        bubbles: share of the drops that fall on water.
        bed: RMS of the far field beside the near drops' 1.
        bed_high_hz: where the far field ends: air and distance take the highest away.
    """

    drops_per_second: float
    rain_mm_per_hour: float
    bubbles: float
    bed: float
    bed_high_hz: float


VARIANTS = (
    ("Light rain on leaves", Rain(90, 2, 0.05, 1.1, 9000)),
    ("Steady rain on a pond", Rain(150, 6, 0.5, 0.9, 7000)),
    ("Heavy rain", Rain(400, 25, 0.1, 1.8, 6500)),
    ("Rain far off, drips near", Rain(40, 4, 0.7, 1.6, 4500)),
)


def render(setting: Rain, rng: np.random.Generator, seconds: float, sample_rate: int) -> Array:
    """The rain as [2, T]."""
    samples = round(seconds * sample_rate)
    response = tilted(band_pass(500, setting.bed_high_hz), -2.0)
    bed = shaped_noise(rng, samples, sample_rate, response)
    bed *= sway(rng, samples, sample_rate, 0.3, 1.0)
    near = np.zeros_like(bed)
    _add_drops(near, setting, rng, seconds, sample_rate)
    return unit(near) + np.float32(setting.bed) * bed


def _add_drops(
    target: Array, setting: Rain, rng: np.random.Generator, seconds: float, sample_rate: int
) -> None:
    onset = poisson_times(rng, setting.drops_per_second, seconds)
    count = len(onset)
    diameter_mm = 0.6 + rng.exponential(setting.rain_mm_per_hour**0.21 / 4.1, count)
    loudness = np.minimum(diameter_mm, 1.8) ** 1.5 * rng.uniform(0.4, 1, count)
    pan = rng.uniform(-0.9, 0.9, count)
    for share in (1.0, 0.6, 0.4):  # a knock is not one pitch: three partials near the drop's own
        pitch = 3800 / diameter_mm**0.8 * np.exp(rng.normal(0, 0.35, count)) / share
        decay = 8e-4 * diameter_mm * rng.uniform(0.6, 1.6, count)
        add_bursts(target, Bursts(onset, pitch, decay, share * loudness, pan), sample_rate)
    wet = rng.random(count) < setting.bubbles
    radius_m = 4e-4 * diameter_mm[wet] * rng.uniform(1, 3, int(wet.sum()))
    ring = Bursts(
        onset[wet] + 0.012, 3.26 / radius_m, 4.5 * radius_m, 0.6 * loudness[wet], pan[wet], rise=2.0
    )
    add_bursts(target, ring, sample_rate, attack_s=1e-3)
