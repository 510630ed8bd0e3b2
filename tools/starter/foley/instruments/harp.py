"""Harp: slow broken chords over two octaves, every string left to ring."""

import numpy as np

from foley import smf
from foley.instruments.plucked import Figure, broken, chord_tones, chords, there_and_back

VARIANTS = (
    ("Harp, still lake", Figure(48, "lydian", 58, 70, 2.0)),
    ("Harp, falling leaves", Figure(50, "dorian", 52, 66, 2.0)),
    ("Harp, first light", Figure(53, "ionian", 62, 74, 2.0)),
    ("Harp, old garden", Figure(45, "pentatonic", 54, 72, 2.0)),
)


def score(setting: Figure, rng: np.random.Generator, seconds: float) -> list[smf.Event]:
    """The piece's events for General MIDI's harp."""
    third, fifth, octave = chord_tones(setting.mode)
    pattern = there_and_back((0, fifth, octave, octave + third, octave + fifth))
    played = chords(setting, rng, seconds, len(pattern))
    return [smf.program(46), *broken(setting, rng, played, pattern)]
