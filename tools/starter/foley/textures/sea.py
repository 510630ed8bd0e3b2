"""Sea: slow waves of noise; each swells low, breaks broad, and runs out in a hiss."""

from dataclasses import dataclass

import numpy as np

from foley.noise import Array, band_pass, shaped_noise, sway, tilted


@dataclass(frozen=True)
class Sea:
    """A shore.

    Attributes:
        period_s: from wave to wave.
        swell: level of the low swell before the break.
        crash: level of the break.
        hiss: level of the foam that runs up the beach and back.
        crash_hz: upper end of the break's band: far waves are dull.
        floor: level that never goes, beside the waves' 1.
    """

    period_s: float
    swell: float
    crash: float
    hiss: float
    crash_hz: float
    floor: float


VARIANTS = (
    ("Calm evening shore", Sea(6.5, 0.5, 0.7, 0.45, 1200, 0.16)),
    ("Long breakers", Sea(8.0, 1.0, 1.2, 0.35, 1800, 0.10)),
    ("Small waves on shingle", Sea(5.0, 0.3, 0.6, 0.9, 2500, 0.14)),
    ("Surf from the dunes", Sea(6.0, 1.1, 0.9, 0.2, 700, 0.25)),
)


def render(setting: Sea, rng: np.random.Generator, seconds: float, sample_rate: int) -> Array:
    """The shore as [2, T]."""
    samples = round(seconds * sample_rate)
    waves = _waves(setting, rng, seconds, samples)
    bands = (
        (setting.swell, tilted(band_pass(50, 300), -3)),
        (setting.crash, tilted(band_pass(180, setting.crash_hz), -3)),
        (setting.hiss, band_pass(2200, 8500)),
    )
    sea = np.zeros((2, samples), np.float32)
    for (level, response), wave in zip(bands, waves, strict=True):
        noise = shaped_noise(rng, samples, sample_rate, response)
        flutter = sway(rng, samples, sample_rate, 3.0, 1.0)
        sea += np.float32(level) * noise * flutter * (setting.floor + wave)
    return sea


def _waves(setting: Sea, rng: np.random.Generator, seconds: float, samples: int) -> Array:
    """Envelopes [3, 2, T] of swell, crash and hiss: a wave reaches one ear a little earlier."""
    t = np.linspace(0, seconds, samples, endpoint=False, dtype=np.float32)
    period = setting.period_s
    envelopes = np.zeros((3, 2, samples), np.float32)
    breaks = rng.uniform(-period, 0)
    while breaks < seconds + period:
        strength = rng.uniform(0.6, 1.0)
        for ear, delay in enumerate(rng.uniform(-0.15, 0.15) * np.array([1, -1])):
            since = t - np.float32(breaks + delay)
            envelopes[0, ear] += strength * np.exp(-0.5 * (since / (0.22 * period)) ** 2)
            envelopes[1, ear] += strength * _stroke(since, 0.09 * period, 0.16 * period)
            late = since - 0.08 * period
            envelopes[2, ear] += strength * _stroke(late, 0.14 * period, 0.2 * period)
        breaks += period * rng.uniform(0.85, 1.15)
    return envelopes


def _stroke(since: Array, rise_s: float, decay_s: float) -> Array:
    """A bump that rises over about `rise_s` before 0 and decays over `decay_s` after; peak 1."""
    before: Array = np.exp(-0.5 * np.minimum(since / rise_s, 0) ** 2)
    after: Array = np.exp(-np.maximum(since - decay_s, 0) / decay_s)
    return before * after
