"""Music box: high broken chords in an even turn, tongues ringing over each other."""

import numpy as np

from foley import smf
from foley.instruments.plucked import Figure, broken_chords, third_and_fifth

VARIANTS = (
    ("Music box, nursery", Figure(72, "ionian", 66, 84, 2.0)),
    ("Music box, snow globe", Figure(76, "pentatonic", 60, 80, 2.0)),
    ("Music box, attic", Figure(69, "dorian", 56, 78, 2.0)),
    ("Music box, carousel", Figure(74, "lydian", 70, 82, 2.0)),
)


def score(setting: Figure, rng: np.random.Generator, seconds: float) -> list[smf.Event]:
    """The piece's events for General MIDI's music box."""
    third, fifth = third_and_fifth(setting.mode)
    octave = fifth + (3 if fifth == 4 else 2)
    return [smf.program(10), *broken_chords(setting, rng, seconds, (0, third, fifth, octave))]
