"""Purring: a cat's breath cut into pulses about twenty-five times a second.

Purring goes on through breathing in and out; the pulses are the glottis opening, at 23 to 31 Hz,
louder out than in and often a little slower (Frazer Sissom, Rice and Peters, 1991; Eklund, Peters
and Duthie, 2010).
"""

from dataclasses import dataclass

import numpy as np

from foley.noise import Array, band_pass, shaped_noise, slow_curve, sway, tilted, unit


@dataclass(frozen=True)
class Purring:
    """A cat that is content.

    Attributes:
        pulses_hz: pulses a second while it breathes out.
        breath_s: one breath, in and out.
        throat_hz: middle of the throat's resonance: a large cat is low.
        breathiness: RMS of the breath's air beside the pulses' 1.
        inward: level of breathing in beside breathing out.
    """

    pulses_hz: float
    breath_s: float
    throat_hz: float
    breathiness: float
    inward: float


VARIANTS = (
    ("Cat on a lap", Purring(25.5, 1.7, 330, 0.10, 0.65)),
    ("Old tomcat", Purring(22.5, 2.2, 240, 0.07, 0.55)),
    ("Kitten asleep", Purring(28.5, 1.3, 430, 0.14, 0.80)),
    ("Cat close to the ear", Purring(24.0, 1.9, 290, 0.20, 0.70)),
)


def render(setting: Purring, rng: np.random.Generator, seconds: float, sample_rate: int) -> Array:
    """The cat as [2, T]."""
    samples = round(seconds * sample_rate)
    out, inward = _breaths(setting, rng, seconds, samples)
    pulses = _pulses(setting, rng, out, inward, sample_rate)
    throat = setting.throat_hz
    deep = shaped_noise(rng, samples, sample_rate, tilted(band_pass(70, 1.3 * throat), -2))
    bright = shaped_noise(rng, samples, sample_rate, band_pass(1.2 * throat, 4.5 * throat))
    air = shaped_noise(rng, samples, sample_rate, tilted(band_pass(700, 5000), -3))
    body = deep * (out + np.float32(0.7 * setting.inward) * inward)
    body += np.float32(0.35) * bright * (out + np.float32(1.2 * setting.inward) * inward)
    wheeze = air * (np.float32(0.25) + out + np.float32(1.3) * inward) * (0.4 + 0.6 * pulses)
    purred = unit((body * pulses).astype(np.float32))
    return (purred + np.float32(setting.breathiness) * unit(wheeze)).astype(np.float32)


def _breaths(
    setting: Purring, rng: np.random.Generator, seconds: float, samples: int
) -> tuple[Array, Array]:
    """Envelopes [T] of breathing out and in by turns, with hardly a gap between."""
    t = np.linspace(0, seconds, samples, endpoint=False, dtype=np.float32)
    ways = np.full((2, samples), 0.02, np.float32)
    start, way = -rng.uniform(0, setting.breath_s), 0
    while start < seconds:
        length = setting.breath_s * (0.56 if way == 0 else 0.44) * rng.uniform(0.92, 1.08)
        phase = np.clip((t - np.float32(start)) / np.float32(length), 0, 1)
        ways[way] += np.float32(rng.uniform(0.8, 1.0)) * np.maximum(0, np.sin(np.pi * phase)) ** 0.7
        start += 0.97 * length
        way = 1 - way
    return ways[0], ways[1]


def _pulses(
    setting: Purring, rng: np.random.Generator, out: Array, inward: Array, sample_rate: int
) -> Array:
    """Gain [T], 0..1: each opening bursts at once and dies within half its period."""
    samples = out.shape[-1]
    way = inward / (out + inward)  # 1 while the cat breathes in: the pulses come a little faster
    wander = 1 + 0.025 * slow_curve(rng, samples, sample_rate, 4.0)
    pitch = setting.pulses_hz * (1 + 0.08 * way) * wander
    phase = np.cumsum(pitch, dtype=np.float64) / sample_rate % 1.0
    opening = np.exp(-phase / 0.22) * (1 - np.exp(-phase / 0.04))
    uneven = sway(rng, samples, sample_rate, 0.5 * setting.pulses_hz, 1.5)
    gain: Array = (opening / opening.max() * uneven + 0.03).astype(np.float32)
    return gain
