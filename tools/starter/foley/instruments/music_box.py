"""Music box: high broken chords in an even turn, tongues ringing over each other.

The sampled box is recorded in one place; the comb's tongues are spread a little to either side.
"""

import numpy as np

from foley import smf
from foley.instruments.plucked import Figure, broken, chord_tones, chords, there_and_back

PAN = 10
VARIANTS = (
    ("Music box, nursery", Figure(72, "ionian", 66, 84, 2.0)),
    ("Music box, snow globe", Figure(76, "pentatonic", 60, 80, 2.0)),
    ("Music box, attic", Figure(69, "dorian", 56, 78, 2.0)),
    ("Music box, carousel", Figure(74, "lydian", 70, 82, 2.0)),
)


def score(setting: Figure, rng: np.random.Generator, seconds: float) -> list[smf.Event]:
    """The piece's events for General MIDI's music box, on two channels, one a side."""
    pattern = there_and_back((0, *chord_tones(setting.mode)))
    played = chords(setting, rng, seconds, len(pattern))
    sides = [smf.program(10, channel) for channel in (0, 1)]
    sides += [smf.control(0, PAN, pan, channel) for channel, pan in enumerate((44, 84))]
    return [*sides, *broken(setting, rng, played, pattern, channels=2)]
