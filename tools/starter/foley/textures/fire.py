"""Fire: crackles of power-law size over the flames' low flutter and a soft hiss.

Cracks come in clusters (one split sets off the next) and their energies spread over decades, as in
other crackling materials (Sethna, Dahmen and Myers, 2001).
"""

from dataclasses import dataclass

import numpy as np

from foley.grains import Bursts, Values, add_bursts, poisson_times
from foley.noise import Array, band_pass, shaped_noise, sway, tilted, unit


@dataclass(frozen=True)
class Fire:
    """A fire in a hearth.

    Attributes:
        cracks_per_second: clusters of cracks.
        tail: exponent of the sizes' power law; a small one gives more loud cracks.
        pitch_hz: middle pitch of the cracks: dry twigs high, logs low.
        roar: RMS of the flames beside the cracks' 1.
        hiss: RMS of the steam.
    """

    cracks_per_second: float
    tail: float
    pitch_hz: float
    roar: float
    hiss: float


VARIANTS = (
    ("Hearth fire", Fire(14, 2.2, 2200, 0.9, 0.14)),
    ("Embers", Fire(9, 2.6, 3000, 0.8, 0.24)),
    ("Camp fire of dry twigs", Fire(26, 2.0, 3300, 0.7, 0.12)),
    ("Log stove", Fire(9, 2.3, 1500, 1.5, 0.08)),
)


def render(setting: Fire, rng: np.random.Generator, seconds: float, sample_rate: int) -> Array:
    """The fire as [2, T]."""
    samples = round(seconds * sample_rate)
    roar = shaped_noise(rng, samples, sample_rate, tilted(band_pass(45, 260), -4))
    roar *= sway(rng, samples, sample_rate, 5.0, 2.5)
    hiss = shaped_noise(rng, samples, sample_rate, band_pass(3500, 9000))
    hiss *= sway(rng, samples, sample_rate, 0.6, 3.0)
    cracks = np.zeros_like(roar)
    _add_cracks(cracks, setting, rng, seconds, sample_rate)
    roar *= np.float32(setting.roar)
    hiss *= np.float32(setting.hiss)
    return unit(cracks) + roar + hiss


def _clustered(
    rng: np.random.Generator, per_second: float, seconds: float
) -> tuple[Values, Values]:
    """Onsets and pans of cracks: each cluster holds a geometric number within some 60 ms."""
    parents = poisson_times(rng, per_second, seconds)
    sizes = rng.geometric(0.4, len(parents))
    onset = np.repeat(parents, sizes) + rng.exponential(0.03, int(sizes.sum()))
    pan = np.repeat(rng.uniform(-0.8, 0.8, len(parents)), sizes)
    inside = onset < seconds
    return onset[inside], pan[inside]


def _add_cracks(
    target: Array, setting: Fire, rng: np.random.Generator, seconds: float, sample_rate: int
) -> None:
    onset, pan = _clustered(rng, setting.cracks_per_second, seconds)
    count = len(onset)
    size = np.minimum(1 + rng.pareto(setting.tail, count), 4)
    for _ in range(5):  # a crack is a knock of many modes: five at random make it dry
        pitch = setting.pitch_hz * size**-0.3 * np.exp(rng.normal(0, 0.5, count))
        decay = 1.2e-3 * size**0.5 * rng.uniform(0.5, 1.8, count)
        loudness = size * rng.uniform(0.3, 1, count)
        add_bursts(target, Bursts(onset, pitch, decay, loudness, pan), sample_rate, 1.5e-4)
