"""Choir: hymn-like phrases of two chords, seldom three, sung together, with a breath between."""

import numpy as np

from foley import smf
from foley.instruments.sustained import Chorale, Sounding, pitches, progression, swelled

BREATH_S = 0.45

VARIANTS = (
    ("Choir, stone chapel", Chorale(57, "ionian", 2.0, 78, 0.46)),
    ("Choir, vespers", Chorale(56, "aeolian", 2.2, 74, 0.46)),
    ("Choir, snowfall", Chorale(58, "lydian", 2.1, 72, 0.42)),
    ("Choir, harbour lights", Chorale(57, "dorian", 1.9, 76, 0.46)),
)


def score(setting: Chorale, rng: np.random.Generator, seconds: float) -> list[smf.Event]:
    """The hymn's events for General MIDI's choir."""
    events = [smf.program(52)]
    for phrase in _phrases(rng, progression(setting, rng, seconds)):
        start = phrase[0].start_s
        end = phrase[-1].start_s + phrase[-1].seconds
        events += swelled(setting, start, end, floor=58)
        for chord in phrase:
            shortened = BREATH_S if chord is phrase[-1] else -0.08
            for pitch in pitches(setting, chord):
                late = rng.uniform(0, 0.05)  # no choir begins as one
                velocity = setting.velocity + rng.uniform(-7, 3)
                sung = chord.seconds - shortened - late
                events += smf.note(chord.start_s + late, sung, pitch, velocity)
    return events


def _phrases(rng: np.random.Generator, chords: list[Sounding]) -> list[list[Sounding]]:
    """The chords in twos, seldom in threes."""
    phrases: list[list[Sounding]] = []
    place = 0
    while place < len(chords):
        count = 3 if rng.random() < 0.25 else 2
        phrases.append(chords[place : place + count])
        place += count
    return phrases
