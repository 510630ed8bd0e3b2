"""Tapping: finger taps in small uneven groups on a hollow thing, which rings in its modes."""

from dataclasses import dataclass

import numpy as np

from foley.grains import Bursts, Values, add_bursts
from foley.noise import Array, band_pass, shaped_noise, unit

PLATE_MODES = np.array([1.0, 2.08, 2.94, 4.1, 5.6, 7.3])
"""Ratios of the lowest modes of a clamped plate, rounded; each object bends them a little."""


@dataclass(frozen=True)
class Tapping:
    """Fingers on a thing.

    Attributes:
        taps_per_second: within a group.
        rest_s: mean pause between groups.
        base_hz: lowest mode: a big wooden box is low, a glass is high.
        decay_s: how long the lowest mode rings.
        brightness: level from one mode to the next (under 1).
    """

    taps_per_second: float
    rest_s: float
    base_hz: float
    decay_s: float
    brightness: float


VARIANTS = (
    ("Fingertips on a wooden box", Tapping(5.0, 0.35, 260, 0.030, 0.62)),
    ("Nails on a drinking glass", Tapping(4.5, 0.40, 1150, 0.060, 0.75)),
    ("Slow taps on a guitar body", Tapping(3.2, 0.45, 170, 0.045, 0.55)),
    ("Quick taps on a tin lid", Tapping(6.5, 0.30, 620, 0.040, 0.80)),
)


def render(setting: Tapping, rng: np.random.Generator, seconds: float, sample_rate: int) -> Array:
    """The taps as [2, T], over the faint sound of the room."""
    samples = round(seconds * sample_rate)
    room = shaped_noise(rng, samples, sample_rate, band_pass(100, 900))
    taps = np.zeros_like(room)
    _add_taps(taps, setting, rng, seconds, sample_rate)
    return unit(taps) + np.float32(0.012) * room


def _onsets(setting: Tapping, rng: np.random.Generator, seconds: float) -> tuple[Values, Values]:
    """When each finger falls and which finger (0..3) it is, group after group."""
    times: list[float] = []
    fingers: list[int] = []
    now = rng.uniform(0.05, 0.2)
    while now < seconds - 0.3:
        for finger in range(int(rng.integers(2, 5))):
            times.append(now)
            fingers.append(finger)
            now += rng.uniform(0.8, 1.25) / setting.taps_per_second
        now += setting.rest_s * rng.uniform(0.5, 1.4)
    inside = np.array(times) < seconds - 0.2
    return np.array(times)[inside], np.array(fingers)[inside]


def _add_taps(
    target: Array, setting: Tapping, rng: np.random.Generator, seconds: float, sample_rate: int
) -> None:
    onset, finger = _onsets(setting, rng, seconds)
    count = len(onset)
    force = rng.uniform(0.5, 1.0, count)
    pan = -0.45 + 0.3 * finger + rng.normal(0, 0.05, count)
    ratios = PLATE_MODES * np.exp(rng.normal(0, 0.03, PLATE_MODES.shape))
    for mode, ratio in enumerate(ratios):
        pitch = setting.base_hz * ratio * (1 + 0.004 * finger)
        decay = setting.decay_s * ratio**-0.6 * rng.uniform(0.9, 1.1, count)
        level = force ** (1 + 0.25 * mode) * setting.brightness**mode * rng.uniform(0.4, 1, count)
        add_bursts(target, Bursts(onset, pitch, decay, level, pan), sample_rate, 8e-4)
    for _ in range(4):  # the fingertip itself: a short dull pat
        pitch = np.exp(rng.uniform(np.log(700), np.log(4000), count))
        pats = Bursts(onset, pitch, np.full(count, 2e-3), 0.35 * force, pan)
        add_bursts(target, pats, sample_rate)
