"""Strings: an ensemble whose voices change one after another, the new bow under the old one."""

import numpy as np

from foley import smf
from foley.instruments.sustained import Chorale, pitches, progression, swelled

OVERLAP_S = 0.25
LAG_S = 0.35  # from one voice's change to the next voice's: a chain of suspensions

VARIANTS = (
    ("Strings, slow dawn", Chorale(41, "lydian", 3.4, 72, 0.30)),
    ("Strings, deep forest", Chorale(40, "aeolian", 4.0, 78, 0.40)),
    ("Strings, wide valley", Chorale(43, "ionian", 3.0, 70, 0.30)),
    ("Strings, last light", Chorale(38, "dorian", 3.7, 76, 0.36)),
)


def score(setting: Chorale, rng: np.random.Generator, seconds: float) -> list[smf.Event]:
    """The piece's events for General MIDI's string ensemble; a tone that stays is not struck."""
    chords = progression(setting, rng, seconds)
    events = [smf.program(48)]
    voices = np.array([pitches(setting, chord) for chord in chords]).T
    starts = [chord.start_s for chord in chords] + [seconds - 0.7]
    voices = np.vstack([voices, voices[-1] + 12])  # the first violins are doubled an octave above
    for voice, line in enumerate(voices):
        lag = LAG_S * min(voice, 3)  # the doubled line moves as one
        first = 0
        for place in range(1, len(line) + 1):
            if place < len(line) and line[place] == line[first]:
                continue
            start = starts[first] + (lag if first else 0.02 * voice)
            end = starts[place] + (lag + OVERLAP_S if place < len(line) else 0)
            velocity = setting.velocity + rng.uniform(-6, 4) + (6 if voice == 0 else 0)
            events += smf.note(start, end - start, int(line[first]), velocity)
            first = place
    for chord in chords:
        events += swelled(setting, chord.start_s, chord.start_s + chord.seconds, floor=74)
    return events
