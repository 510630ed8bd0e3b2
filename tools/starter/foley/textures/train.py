"""Train: wheels over rail joints, heard from a seat: da-dum, da-dum, over rumble and air.

Each axle strikes each joint. Two axles stand 2.5 m apart in a bogie, two bogies 17 m apart in a
carriage, and the next carriage's are further from the ear; the joints lie 18 m apart. The rhythm is
nothing but these lengths over the speed.
"""

from dataclasses import dataclass

import numpy as np

from foley.grains import Bursts, Values, add_bursts
from foley.noise import Array, band_pass, shaped_noise, sway, tilted, unit
from foley.room import reverberated

RAIL_M = 18.0
CARRIAGE_M = 24.0
AXLES_M = np.array([0.0, 2.5, 17.0, 19.5])
WHEEL_MODES = (1.0, 2.3, 3.9, 6.1)


@dataclass(frozen=True)
class Train:
    """A journey.

    Attributes:
        metres_per_second: speed.
        floor_hz: lowest mode of the floor that a joint's blow rings: a sleeper is low.
        metal: level of the wheel's own ring beside the floor's thud.
        rumble: RMS of the rolling beside the blows' 1.
        air: RMS of the air outside.
    """

    metres_per_second: float
    floor_hz: float
    metal: float
    rumble: float
    air: float


VARIANTS = (
    ("Night train, sleeper", Train(17.0, 85, 0.16, 0.75, 0.05)),
    ("Branch line, wooden carriage", Train(12.5, 125, 0.40, 0.50, 0.06)),
    ("Express by the window", Train(22.0, 100, 0.28, 0.85, 0.12)),
    ("Slow train through the hills", Train(10.0, 110, 0.30, 0.60, 0.05)),
)


def render(setting: Train, rng: np.random.Generator, seconds: float, sample_rate: int) -> Array:
    """The carriage as [2, T]."""
    samples = round(seconds * sample_rate)
    rolling = shaped_noise(rng, samples, sample_rate, tilted(band_pass(50, 420), -4))
    rolling *= sway(rng, samples, sample_rate, 1.5, 1.5)
    air = shaped_noise(rng, samples, sample_rate, tilted(band_pass(500, 4000), -3))
    air *= sway(rng, samples, sample_rate, 0.4, 1.5)
    blows = np.zeros_like(rolling)
    _add_blows(blows, setting, rng, seconds, sample_rate)
    inside = unit(reverberated(rng, blows, sample_rate, 0.25, 0.4, band_pass(100, 1500)))
    heard: Array = inside + np.float32(setting.rumble) * rolling
    return heard + np.float32(setting.air) * air


def blow_times(setting: Train, rng: np.random.Generator, seconds: float) -> tuple[Values, Values]:
    """When an axle meets a joint, and how far along the train that is from the ear."""
    reach = np.arange(-1, 2) * CARRIAGE_M
    axles = np.add.outer(reach, AXLES_M).ravel()
    distance = np.abs(axles - rng.choice((3.0, 10.0, 16.0)))
    joints = np.arange(-8, int(seconds * setting.metres_per_second / RAIL_M) + 8) * RAIL_M
    uneven = joints + rng.normal(0, 0.12, joints.size)
    times = np.subtract.outer(uneven + rng.uniform(0, RAIL_M), axles)
    times = (times / setting.metres_per_second).ravel()
    along = np.broadcast_to(distance, (joints.size, axles.size)).ravel()
    inside = (times > 0) & (times < seconds - 0.1)
    return times[inside], along[inside]


def _add_blows(
    target: Array, setting: Train, rng: np.random.Generator, seconds: float, sample_rate: int
) -> None:
    onset, distance = blow_times(setting, rng, seconds)
    count = len(onset)
    force = rng.uniform(0.7, 1.0, count) / (1 + (distance / 6) ** 1.5)
    pan = np.clip(0.05 * (distance - 8) + rng.normal(0, 0.1, count), -0.7, 0.7)
    for ratio, level in ((1.0, 1.0), (1.8, 0.6), (2.9, 0.35), (4.4, 0.22)):
        pitch = setting.floor_hz * ratio * np.exp(rng.normal(0, 0.04, count))
        decay = 0.055 * ratio**-0.7 * rng.uniform(0.8, 1.2, count)
        blow = Bursts(onset, pitch, decay, level * force, pan)
        add_bursts(target, blow, sample_rate, 4e-3)
    for ratio in WHEEL_MODES:
        pitch = 430 * ratio * np.exp(rng.normal(0, 0.03, count))
        decay = 0.018 * ratio**-0.4 * rng.uniform(0.7, 1.3, count)
        level = setting.metal * ratio**-0.5 * force
        add_bursts(target, Bursts(onset, pitch, decay, level, pan), sample_rate, 1e-3)
