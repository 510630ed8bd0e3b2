"""Solo cello: the same slow bowing, an octave and more below the violin."""

import numpy as np

from foley import smf
from foley.instruments.bowed import Solo, solo

VARIANTS = (
    ("Cello alone, dusk", Solo(43, "aeolian", 60, 84, 20)),
    ("Cello alone, hymn", Solo(41, "ionian", 66, 78, 16)),
    ("Cello alone, deep water", Solo(38, "dorian", 56, 90, 22)),
    ("Cello alone, slow walk", Solo(45, "pentatonic", 70, 80, 18)),
)


def score(setting: Solo, rng: np.random.Generator, seconds: float) -> list[smf.Event]:
    """The solo's events for General MIDI's cello."""
    return solo(setting, rng, seconds, instrument=42)
