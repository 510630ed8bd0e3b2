"""Solo violin: slow lines in the middle register."""

import numpy as np

from foley import smf
from foley.instruments.bowed import Solo, solo

VARIANTS = (
    ("Violin alone, evening", Solo(62, "dorian", 66, 84, 26)),
    ("Violin alone, lullaby", Solo(67, "pentatonic", 72, 76, 20)),
    ("Violin alone, winter", Solo(64, "aeolian", 60, 88, 30)),
    ("Violin alone, open sky", Solo(60, "lydian", 69, 80, 24)),
)


def score(setting: Solo, rng: np.random.Generator, seconds: float) -> list[smf.Event]:
    """The solo's events for General MIDI's violin."""
    return solo(setting, rng, seconds, instrument=40)
