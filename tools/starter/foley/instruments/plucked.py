"""How strings and tongues that ring on are played: broken chords, and tones above them."""

from dataclasses import dataclass

import numpy as np

from foley import smf
from foley.melody import MODES, pitch_of

RING_S = 3.0  # how long a tone is let ring: the dampers stay up
PROGRESSIONS = ((0, 5, 3, 4), (0, 3, 0, 4), (0, 2, 3, 0), (0, 4, 5, 3))
"""Chord roots as scale degrees."""


@dataclass(frozen=True)
class Figure:
    """A broken-chord piece: key, mode, beat, touch, and tones a beat."""

    tonic: int
    mode: str
    beats_per_minute: float
    velocity: float
    tones_per_beat: float


@dataclass(frozen=True)
class Chord:
    """One turn of the pattern: the root's scale degree and the time of each tone."""

    root: int
    tones_s: tuple[float, ...]


def chord_tones(mode: str) -> tuple[int, int, int]:
    """Scale steps from a root to its third, fifth and octave; five tones have no plain triad."""
    return (2, 4, 7) if len(MODES[mode]) == 7 else (2, 3, 5)


def there_and_back(steps: tuple[int, ...]) -> tuple[int, ...]:
    """Up the steps and down again, without the ends twice."""
    return (*steps, *steps[-2:0:-1])


def chords(setting: Figure, rng: np.random.Generator, seconds: float, tones: int) -> list[Chord]:
    """A progression of chords, `tones` in each, that leaves time for a last tone to fade."""
    roots = PROGRESSIONS[int(rng.integers(len(PROGRESSIONS)))]
    tone_s = 60 / setting.beats_per_minute / setting.tones_per_beat
    turn = np.append(np.ones(tones - 1), 1.6) * tone_s  # a breath before the next chord
    played: list[Chord] = []
    now = 0.1
    while now < seconds - 2.5:
        gaps = turn * rng.uniform(0.95, 1.05, tones)
        starts = now + np.concatenate([[0.0], np.cumsum(gaps)[:-1]])
        inside = starts[starts < seconds - 2.5]
        played.append(Chord(roots[len(played) % len(roots)], tuple(map(float, inside))))
        now += float(gaps.sum())
    return [*played, Chord(0, (min(now, seconds - 2.4),))]


def broken(
    setting: Figure,
    rng: np.random.Generator,
    played: list[Chord],
    pattern: tuple[int, ...],
    channels: int = 1,
) -> list[smf.Event]:
    """Each chord tone by tone along `pattern`, scale steps above its root."""
    events: list[smf.Event] = []
    for chord in played:
        for place, start in enumerate(chord.tones_s):
            pitch = pitch_of(setting.tonic, setting.mode, chord.root + pattern[place])
            velocity = setting.velocity + (8 if place == 0 else 0) + rng.uniform(-8, 4)
            events += smf.note(start, RING_S, pitch, velocity, channel=place % channels)
    return events


def above(
    setting: Figure, rng: np.random.Generator, played: list[Chord], octaves: int
) -> list[smf.Event]:
    """A sparse upper line: one or two of each chord's own tones, near the last one sung."""
    events: list[smf.Event] = []
    third, fifth, octave = chord_tones(setting.mode)
    before = octaves * octave + third
    for chord in played:
        count = min(int(rng.integers(1, 3)), len(chord.tones_s))
        for start in sorted(rng.choice(chord.tones_s, count, replace=False)):
            own = chord.root + np.add.outer((-octave, 0, octave), (0, third, fifth)).ravel()
            choices = own + octaves * octave
            near = choices[np.argsort(np.abs(choices - before - 0.1))]
            before = int(rng.choice(near[near != before][:2]))
            pitch = pitch_of(setting.tonic, setting.mode, before)
            events += smf.note(start, RING_S, pitch, setting.velocity + 10 + rng.uniform(-5, 5))
    return events
