"""Drum: a big frame drum struck softly, two beats and a rest, as slow as a heart at rest.

The head rings in the modes of an ideal membrane, whose ratios are zeros of Bessel functions
(Rossing, 2000), the higher ones the shorter; felt and hand take the click away.
"""

from dataclasses import dataclass

import numpy as np

from foley.grains import Bursts, Values, add_bursts
from foley.noise import Array, band_pass, shaped_noise, sway, tilted, unit
from foley.room import reverberated

MEMBRANE_MODES = (1.0, 1.594, 2.136, 2.296, 2.653, 2.918, 3.156, 3.501)


@dataclass(frozen=True)
class Drum:
    """A drum and who plays it.

    Attributes:
        beats_per_minute: pairs of strokes.
        head_hz: lowest mode of the head.
        ring_s: how long it rings.
        brightness: level of the upper modes; a hand more, felt less.
        gap: from first stroke to second, as a share of the beat.
        room_s: reverberation.
    """

    beats_per_minute: float
    head_hz: float
    ring_s: float
    brightness: float
    gap: float
    room_s: float


VARIANTS = (
    ("Heartbeat drum, felt beater", Drum(54, 82, 0.16, 0.50, 0.30, 1.2)),
    ("Heartbeat drum, open hand", Drum(60, 105, 0.12, 0.72, 0.33, 0.8)),
    ("Heartbeat drum, large and far", Drum(48, 72, 0.22, 0.42, 0.28, 1.9)),
    ("Heartbeat drum, goatskin", Drum(57, 120, 0.14, 0.62, 0.35, 1.0)),
)


def render(setting: Drum, rng: np.random.Generator, seconds: float, sample_rate: int) -> Array:
    """The drum as [2, T] in its room, over a hand that rests and rubs on the skin."""
    samples = round(seconds * sample_rate)
    head = np.zeros((2, samples), np.float32)
    onset, force = strokes(setting, rng, seconds)
    _add_strokes(head, setting, rng, onset, force, sample_rate)
    played = reverberated(rng, head, sample_rate, setting.room_s, 0.45, band_pass(70, 1200))
    skin = shaped_noise(rng, samples, sample_rate, tilted(band_pass(250, 1500), -3))
    skin *= sway(rng, samples, sample_rate, 1.0, 3.0)
    return unit(played) + np.float32(0.03) * skin


def strokes(setting: Drum, rng: np.random.Generator, seconds: float) -> tuple[Values, Values]:
    """When the head is struck, and how hard: the second of a pair is the softer."""
    beat = 60 / setting.beats_per_minute
    first = np.arange(rng.uniform(0.1, 0.5), seconds - 0.6, beat)
    first = first + rng.normal(0, 0.012, first.size)
    second = first + setting.gap * beat * rng.uniform(0.96, 1.04, first.size)
    force = np.stack([rng.uniform(0.85, 1.0, first.size), rng.uniform(0.5, 0.65, first.size)])
    return np.stack([first, second], axis=1).ravel(), force.T.ravel()


def _add_strokes(
    target: Array,
    setting: Drum,
    rng: np.random.Generator,
    onset: Values,
    force: Values,
    sample_rate: int,
) -> None:
    """Where the hand falls sets how strong each mode is, a little different every time."""
    count = len(onset)
    for place, ratio in enumerate(MEMBRANE_MODES):
        pitch = setting.head_hz * ratio * np.exp(rng.normal(0, 0.006, count))
        decay = setting.ring_s * ratio**-0.9 * rng.uniform(0.85, 1.15, count)
        level = force ** (1 + 0.3 * place) * setting.brightness**place
        pan = np.clip(rng.normal(0, 0.15 + 0.08 * place, count), -0.8, 0.8)
        ring = Bursts(onset, pitch, decay, level * rng.uniform(0.6, 1, count), pan, rise=-0.12)
        add_bursts(target, ring, sample_rate, 6e-3)
    for _ in range(5):  # skin against skin: a short breath of sound
        pitch = np.exp(rng.uniform(np.log(300), np.log(1400), count))
        pat = Bursts(
            onset, pitch, np.full(count, 8e-3), 0.1 * setting.brightness * force, 0 * force
        )
        add_bursts(target, pat, sample_rate, 3e-3)
