"""Kalimba: two thumbs, each with its own short round of tongues.

The rounds differ in length and so shift against each other: the interlocking parts of the
instrument's home (Tracey, 1970).
"""

import numpy as np

from foley import smf
from foley.instruments.plucked import Figure
from foley.melody import pitch_of

RING_S = 1.8
ROUNDS = (((0, 2, 1), (5, 7, 6, 8)), ((0, 3), (6, 5, 7)), ((0, 1, 3), (7, 5, 8, 6, 5)))
"""Low and high thumb: steps of the scale."""

VARIANTS = (
    ("Kalimba, porch", Figure(60, "pentatonic", 100, 74, 2.0)),
    ("Kalimba, warm rain", Figure(62, "dorian", 94, 70, 2.0)),
    ("Kalimba, lanterns", Figure(60, "ionian", 90, 76, 2.0)),
    ("Kalimba, river bend", Figure(65, "pentatonic", 106, 72, 2.0)),
)


def score(setting: Figure, rng: np.random.Generator, seconds: float) -> list[smf.Event]:
    """The piece's events for General MIDI's kalimba; the low thumb rests every other tone."""
    low, high = ROUNDS[int(rng.integers(len(ROUNDS)))]
    tone_s = 60 / setting.beats_per_minute / setting.tones_per_beat
    events = [smf.program(108)]
    shift = 0
    for turn, beat in enumerate(np.arange(0.1, seconds - 1.9, tone_s)):
        if turn % 16 == 0:  # a new place on the board, like a new chord
            shift = int(rng.choice((0, 0, 1, 2)))
        now = float(beat + rng.uniform(0, 0.02))
        rests = turn % 8 == 7 or (turn % 2 == 1 and rng.random() < 0.12)
        if turn % 2 == 0:
            steps = low[(turn // 2) % len(low)] + shift
            events += _struck(setting, rng, now, steps, 6)
        if not rests:
            events += _struck(setting, rng, now, high[turn % len(high)] + shift, -4)
    return [*events, *_struck(setting, rng, seconds - 1.85, 0, 4)]


def _struck(
    setting: Figure, rng: np.random.Generator, start_s: float, steps: int, harder: int
) -> tuple[smf.Event, ...]:
    velocity = setting.velocity + harder + rng.uniform(-8, 4)
    return smf.note(start_s, RING_S, pitch_of(setting.tonic, setting.mode, steps), velocity)
