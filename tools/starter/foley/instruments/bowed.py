"""How a solo string is bowed: one line, tones that join, a swell and a late vibrato on each."""

from dataclasses import dataclass

import numpy as np

from foley import smf
from foley.melody import Tone, line

MODULATION, EXPRESSION, VOLUME = 1, 11, 7
JOIN_S = 0.06  # how far a tone lasts into the next: the bow does not leave the string


@dataclass(frozen=True)
class Solo:
    """A slow solo: key, mode, beat and loudness."""

    tonic: int
    mode: str
    beats_per_minute: float
    velocity: float
    vibrato: float


def solo(
    setting: Solo, rng: np.random.Generator, seconds: float, instrument: int
) -> list[smf.Event]:
    """The events of a whole solo."""
    events = [smf.program(instrument), smf.control(0, VOLUME, 110)]
    for tone in line(rng, setting.tonic, setting.mode, 60 / setting.beats_per_minute, seconds):
        joined = tone.seconds + (-0.05 if tone.closes else JOIN_S)
        velocity = setting.velocity + rng.uniform(-6, 6)
        events += smf.note(tone.start_s, joined, tone.pitch, velocity)
        events += _bow(tone, setting.vibrato)
    return events


def _bow(tone: Tone, vibrato: float) -> list[smf.Event]:
    """Expression rises to the middle of a tone and falls; the vibrato opens after a third."""
    events = []
    for place in np.linspace(0, 1, max(4, round(tone.seconds / 0.06)), endpoint=False):
        now = tone.start_s + place * tone.seconds
        fall = 50 * max(0.0, place - 0.6) if tone.closes else 0
        events.append(smf.control(now, EXPRESSION, 84 + 34 * np.sin(np.pi * place) - fall))
        events.append(smf.control(now, MODULATION, vibrato * min(1.0, max(0.0, 2 * place - 0.4))))
    return events
