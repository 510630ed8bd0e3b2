"""Flute: breathed phrases with a grace tone here and there, and a vibrato of the breath.

A flautist's vibrato is more of strength than of pitch (Fletcher, 1975), about five to the second,
so it is drawn into the expression of each tone beside a little of the pitch.
"""

from dataclasses import dataclass

import numpy as np

from foley import smf
from foley.instruments.bowed import EXPRESSION, MODULATION
from foley.melody import MODES, Tone, line

GRACE_S = 0.09
STEP_S = 0.025  # between two settings of the breath


@dataclass(frozen=True)
class Breath:
    """A flute alone: key, mode, beat, loudness, the share of graced tones, vibrato in decibels."""

    tonic: int
    mode: str
    beats_per_minute: float
    velocity: float
    graces: float
    vibrato_db: float


VARIANTS = (
    ("Flute, morning mist", Breath(74, "pentatonic", 58, 78, 0.35, 2.6)),
    ("Flute, shepherd's rest", Breath(72, "dorian", 63, 82, 0.40, 2.4)),
    ("Flute, moon on water", Breath(76, "lydian", 55, 74, 0.25, 3.0)),
    ("Flute, high meadow", Breath(73, "ionian", 66, 80, 0.30, 2.7)),
)


def score(setting: Breath, rng: np.random.Generator, seconds: float) -> list[smf.Event]:
    """The solo's events for General MIDI's flute."""
    tones = line(rng, setting.tonic, setting.mode, 60 / setting.beats_per_minute, seconds, span=7)
    events = [smf.program(73)]
    rate_hz = rng.uniform(4.6, 5.4)
    opening = [True, *(tone.closes for tone in tones[:-1])]
    for tone, opens in zip(tones, opening, strict=True):
        events += _blown(setting, rng, tone, opens)
        events += _breath(setting, tone, rate_hz)
    return events


def _blown(setting: Breath, rng: np.random.Generator, tone: Tone, opens: bool) -> list[smf.Event]:
    """The tone, slurred to the next unless a breath follows; a grace steals its time from it."""
    events: list[smf.Event] = []
    length = tone.seconds + (-0.25 if tone.closes else 0.02)
    velocity = setting.velocity + rng.uniform(-5, 5)
    start = tone.start_s
    if not opens and rng.random() < setting.graces:
        upper = next_above(setting.tonic, setting.mode, tone.pitch)
        events += smf.note(start, GRACE_S, upper, 0.8 * velocity)
        start, length = start + 0.8 * GRACE_S, length - 0.8 * GRACE_S
    return [*events, *smf.note(start, length, tone.pitch, velocity)]


def next_above(tonic: int, mode: str, pitch: int) -> int:
    """The mode's next tone over `pitch`."""
    return next(p for p in range(pitch + 1, pitch + 13) if (p - tonic) % 12 in MODES[mode])


def _breath(setting: Breath, tone: Tone, rate_hz: float) -> list[smf.Event]:
    """Strength rises softly, trembles from the middle on, and sinks where a phrase ends."""
    events = []
    for now in np.arange(0, tone.seconds, STEP_S):
        place = now / tone.seconds
        opened = min(1.0, max(0.0, 3 * place - 0.4)) * min(1.0, 1.4 * tone.seconds)
        tremble = opened * setting.vibrato_db * np.sin(2 * np.pi * rate_hz * (tone.start_s + now))
        swell = 92 + 22 * np.sin(np.pi * min(1.0, place + 0.15))
        fall = 55 * max(0.0, place - 0.65) if tone.closes else 0.0
        level = (swell - fall) * 10 ** (tremble / 40)  # the controller's gain is its square
        events.append(smf.control(tone.start_s + now, EXPRESSION, level))
        events.append(smf.control(tone.start_s + now, MODULATION, 10 * opened))
    return events
