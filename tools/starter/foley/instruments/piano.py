"""Piano: open broken chords below, a sparse soft melody above."""

import numpy as np

from foley import smf
from foley.instruments.plucked import (
    Figure,
    broken_chords,
    melody_above,
    third_and_fifth,
)

VARIANTS = (
    ("Piano, quiet room", Figure(48, "ionian", 56, 46, 1.0)),
    ("Piano, rain window", Figure(45, "aeolian", 50, 44, 1.0)),
    ("Piano, slow clouds", Figure(53, "lydian", 60, 48, 1.0)),
    ("Piano, last train", Figure(50, "dorian", 54, 42, 1.0)),
)


def score(setting: Figure, rng: np.random.Generator, seconds: float) -> list[smf.Event]:
    """The piece's events for General MIDI's grand piano."""
    third, fifth = third_and_fifth(setting.mode)
    low = broken_chords(setting, rng, seconds, (0, fifth, fifth + third + 1))
    high = melody_above(setting, rng, seconds, octaves=1)
    return [smf.program(0), *low, *high]
