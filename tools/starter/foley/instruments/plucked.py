"""How strings and tongues that ring on are played: broken chords, and a melody above them."""

from dataclasses import dataclass

import numpy as np

from foley import smf
from foley.melody import MODES, line, pitch_of

RING_S = 3.0  # how long a tone is let ring: dampers stay up
PROGRESSIONS = ((0, 5, 3, 4), (0, 3, 0, 4), (0, 2, 3, 0), (0, 4, 5, 3))
"""Chord roots as scale degrees, two beats or more each."""


@dataclass(frozen=True)
class Figure:
    """A broken-chord piece: key, mode, beat, touch, and tones a beat."""

    tonic: int
    mode: str
    beats_per_minute: float
    velocity: float
    tones_per_beat: float


def broken_chords(
    setting: Figure, rng: np.random.Generator, seconds: float, steps: tuple[int, ...]
) -> list[smf.Event]:
    """Chords played tone by tone up and down `steps` (scale degrees above the root)."""
    events: list[smf.Event] = []
    roots = PROGRESSIONS[int(rng.integers(len(PROGRESSIONS)))]
    tone_s = 60 / setting.beats_per_minute / setting.tones_per_beat
    pattern = (*steps, *steps[-2:0:-1])
    place, now = 0, 0.1
    while now < seconds - 2.5:
        chord, step = divmod(place, len(pattern))
        degree = roots[chord % len(roots)] + pattern[step]
        accent = 8 if step == 0 else 0
        velocity = setting.velocity + accent + rng.uniform(-8, 4)
        events += smf.note(now, RING_S, pitch_of(setting.tonic, setting.mode, degree), velocity)
        now += tone_s * rng.uniform(0.95, 1.05) * (1.6 if step == len(pattern) - 1 else 1)
        place += 1
    return [*events, *smf.note(now, RING_S, setting.tonic, setting.velocity)]


def melody_above(
    setting: Figure, rng: np.random.Generator, seconds: float, octaves: int
) -> list[smf.Event]:
    """A slow line `octaves` over the chords, a little louder than they are."""
    events: list[smf.Event] = []
    beat_s = 60 / setting.beats_per_minute
    for tone in line(rng, setting.tonic + 12 * octaves, setting.mode, beat_s, seconds, span=8):
        velocity = setting.velocity + 10 + rng.uniform(-5, 5)
        events += smf.note(tone.start_s, max(tone.seconds, RING_S), tone.pitch, velocity)
    return events


def third_and_fifth(mode: str) -> tuple[int, int]:
    """Scale steps of the chord tones above a root: a five-tone mode has no plain triad."""
    return (2, 4) if len(MODES[mode]) == 7 else (2, 3)
