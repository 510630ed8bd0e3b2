"""Guitar: nylon strings picked by the fingers over a thumb that walks between two basses.

Every second chord opens with a slow downward strum; the thumb then alternates root and fifth while
index, middle and ring finger take the strings above in turn.
"""

import numpy as np

from foley import smf
from foley.instruments.plucked import Chord, Figure, chord_tones, chords
from foley.melody import MODES, pitch_of

RING_S = 2.2
ROLL_S = 0.045  # from string to string in a strum
FINGERS = ((0, 1, 2, 1), (0, 2, 1, 2), (2, 1, 0, 1))

VARIANTS = (
    ("Guitar, open window", Figure(45, "ionian", 60, 70, 2.0)),
    ("Guitar, campsite", Figure(43, "pentatonic", 66, 74, 2.0)),
    ("Guitar, late harbour", Figure(40, "aeolian", 56, 68, 2.0)),
    ("Guitar, olive trees", Figure(42, "dorian", 62, 72, 2.0)),
)


def score(setting: Figure, rng: np.random.Generator, seconds: float) -> list[smf.Event]:
    """The piece's events for General MIDI's nylon guitar."""
    events = [smf.program(24)]
    fingers = FINGERS[int(rng.integers(len(FINGERS)))]
    for number, chord in enumerate(chords(setting, rng, seconds, 8)):
        if number % 2 == 0:
            events += _strummed(setting, rng, chord)
            chord = Chord(chord.root, chord.tones_s[2:])
        events += _picked(setting, rng, chord, fingers)
    return events


def strings(mode: str) -> tuple[int, int, int]:
    """Scale steps over the root of the three picked strings."""
    third, fifth, _ = chord_tones(mode)
    octave = len(MODES[mode])
    return octave, octave + third, octave + fifth


def _strummed(setting: Figure, rng: np.random.Generator, chord: Chord) -> list[smf.Event]:
    steps = (0, chord_tones(setting.mode)[1], *strings(setting.mode))
    events: list[smf.Event] = []
    for place, step in enumerate(steps):
        pitch = pitch_of(setting.tonic, setting.mode, chord.root + step)
        start = chord.tones_s[0] + ROLL_S * place * rng.uniform(0.8, 1.2)
        events += smf.note(start, RING_S, pitch, setting.velocity - 4 + rng.uniform(-6, 4))
    return events


def _picked(
    setting: Figure, rng: np.random.Generator, chord: Chord, fingers: tuple[int, ...]
) -> list[smf.Event]:
    """Thumb on every second tone, a finger on all the others and sometimes with the thumb."""
    fifth = chord_tones(setting.mode)[1]
    events: list[smf.Event] = []
    for place, start in enumerate(chord.tones_s):
        own = [strings(setting.mode)[fingers[place % len(fingers)]]]
        if place % 2 == 0:
            together = own if rng.random() < 0.3 else []
            own = [fifth if place % 4 else 0, *together]
        for step in own:
            pitch = pitch_of(setting.tonic, setting.mode, chord.root + step)
            events += smf.note(start, RING_S, pitch, setting.velocity + rng.uniform(-9, 5))
    return events
