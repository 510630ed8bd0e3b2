"""Rain on a roof: the same drops as outdoors, heard through what they strike.

Each drop sets a patch of the roof ringing: a few modes of a bounded plate, low and short, damped
the more the softer the roof. The far slope adds up to a dull noise, and a gutter drips with the
pitch of the bubble that each drip leaves (Minnaert, 1933).
"""

from dataclasses import dataclass

import numpy as np

from foley.grains import Bursts, add_bursts, poisson_times
from foley.noise import Array, band_pass, shaped_noise, sway, tilted, unit

PATCH_MODES = (1.0, 1.7, 2.6, 3.9)


@dataclass(frozen=True)
class RoofRain:
    """A roof in the rain.

    Attributes:
        drops_per_second: near drops, heard one by one.
        patch_hz: lowest mode of the patch that a drop strikes.
        ring_s: how long that mode rings: tin long, canvas short.
        brightness: level from one mode to the next.
        drips_per_second: from the gutter.
        bed: RMS of the far slope beside the near drops' 1.
    """

    drops_per_second: float
    patch_hz: float
    ring_s: float
    brightness: float
    drips_per_second: float
    bed: float


VARIANTS = (
    ("Rain on a tin roof", RoofRain(80, 430, 0.012, 0.75, 1.1, 0.45)),
    ("Rain on the attic slates", RoofRain(70, 330, 0.009, 0.64, 1.5, 0.50)),
    ("Rain on a tent", RoofRain(110, 230, 0.007, 0.55, 0.8, 0.40)),
    ("Rain on the garden shed", RoofRain(60, 280, 0.010, 0.65, 1.3, 0.45)),
)


def render(setting: RoofRain, rng: np.random.Generator, seconds: float, sample_rate: int) -> Array:
    """The roof as [2, T], heard from under it."""
    samples = round(seconds * sample_rate)
    slope = band_pass(0.7 * setting.patch_hz, 4 * setting.patch_hz)
    bed = shaped_noise(rng, samples, sample_rate, tilted(slope, -3))
    bed *= sway(rng, samples, sample_rate, 0.3, 1.2)
    outdoors = shaped_noise(rng, samples, sample_rate, band_pass(1800, 6000))
    near = np.zeros_like(bed)
    _add_knocks(near, setting, rng, seconds, sample_rate)
    drips = np.zeros_like(bed)
    _add_drips(drips, setting, rng, seconds, sample_rate)
    heard: Array = unit(near) + np.float32(setting.bed) * bed + np.float32(0.16) * outdoors
    return heard + np.float32(0.25) * unit(drips)


def _add_knocks(
    target: Array, setting: RoofRain, rng: np.random.Generator, seconds: float, sample_rate: int
) -> None:
    onset = poisson_times(rng, setting.drops_per_second, seconds)
    count = len(onset)
    size = np.minimum(0.3 + rng.exponential(0.4, count), 1.8)
    pan = rng.uniform(-0.9, 0.9, count)
    patch = setting.patch_hz * np.exp(rng.normal(0, 0.4, count)) * size**-0.15
    for place, ratio in enumerate(PATCH_MODES):
        pitch = patch * ratio * np.exp(rng.normal(0, 0.06, count))
        decay = setting.ring_s * ratio**-0.6 * rng.uniform(0.6, 1.5, count)
        level = size * setting.brightness**place * rng.uniform(0.4, 1, count)
        add_bursts(target, Bursts(onset, pitch, decay, level, pan), sample_rate, 6e-4)


def _add_drips(
    target: Array, setting: RoofRain, rng: np.random.Generator, seconds: float, sample_rate: int
) -> None:
    """A gutter drips almost evenly: gaps of a gamma distribution, one side of the house."""
    count = int(seconds * setting.drips_per_second * 2) + 4
    onset = np.cumsum(rng.gamma(9, 1 / (9 * setting.drips_per_second), count))
    onset = onset[onset < seconds - 0.2]
    radius_m = rng.uniform(2.6e-3, 4.5e-3, len(onset))
    pan = np.full(len(onset), rng.choice((-0.6, 0.6)))
    ring = Bursts(
        onset, 3.26 / radius_m, 6 * radius_m, rng.uniform(0.5, 1, len(onset)), pan, rise=3.0
    )
    add_bursts(target, ring, sample_rate, attack_s=2e-3)
