"""Piano: open broken chords below, a sparse soft line of their tones above."""

import numpy as np

from foley import smf
from foley.instruments.plucked import Figure, above, broken, chord_tones, chords, there_and_back

VARIANTS = (
    ("Piano, quiet room", Figure(48, "ionian", 56, 46, 1.0)),
    ("Piano, rain window", Figure(45, "aeolian", 50, 44, 1.0)),
    ("Piano, slow clouds", Figure(53, "lydian", 60, 48, 1.0)),
    ("Piano, last train", Figure(50, "dorian", 54, 42, 1.0)),
)


def score(setting: Figure, rng: np.random.Generator, seconds: float) -> list[smf.Event]:
    """The piece's events for General MIDI's grand piano."""
    third, fifth, octave = chord_tones(setting.mode)
    pattern = there_and_back((0, fifth, octave + third))
    played = chords(setting, rng, seconds, len(pattern))
    low = broken(setting, rng, played, pattern)
    return [smf.program(0), *low, *above(setting, rng, played, octaves=1)]
