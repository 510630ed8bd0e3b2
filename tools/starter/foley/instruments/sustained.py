"""Four voices in slow chords that lead to each other by the shortest way."""

from dataclasses import dataclass

import numpy as np

from foley import smf
from foley.instruments.bowed import EXPRESSION
from foley.instruments.plucked import PROGRESSIONS, chord_tones
from foley.melody import MODES, pitch_of

VOICES = 4
STEP_S = 0.08  # between two settings of the swell


@dataclass(frozen=True)
class Chorale:
    """Slow chords: key, mode, how long one lasts, loudness, and how far the sound swells.

    Attributes:
        tonic: MIDI pitch under the lowest voice.
        mode: name of the scale.
        chord_s: seconds a chord.
        velocity: touch, 1..127.
        swell: share of the controller's range by which a phrase rises and falls.
    """

    tonic: int
    mode: str
    chord_s: float
    velocity: float
    swell: float


@dataclass(frozen=True)
class Sounding:
    """One chord: when, how long, and each voice's scale degree, the lowest first."""

    start_s: float
    seconds: float
    degrees: tuple[int, ...]


def progression(setting: Chorale, rng: np.random.Generator, seconds: float) -> list[Sounding]:
    """Chords until half a second before the end; the last one is the tonic and stays."""
    roots = PROGRESSIONS[int(rng.integers(len(PROGRESSIONS)))]
    octave = len(MODES[setting.mode])
    upper = [octave + step for step in chord_tones(setting.mode)]
    played: list[Sounding] = []
    now = 0.1
    while now + 1.8 * setting.chord_s < seconds - 0.6:
        root = roots[len(played) % len(roots)]
        upper = led(upper, root, setting.mode, rng)
        length = setting.chord_s * rng.uniform(0.94, 1.06)
        played.append(Sounding(now, length, (root, *upper)))
        now += length
    upper = led(upper, 0, setting.mode, rng)
    return [*played, Sounding(now, seconds - 0.6 - now, (0, *upper))]


def led(upper: list[int], root: int, mode: str, rng: np.random.Generator) -> list[int]:
    """Each upper voice goes to a near tone of the next chord that no other voice has taken."""
    octave = len(MODES[mode])
    third, fifth, _ = chord_tones(mode)
    taken: list[int] = []
    for voice, degree in enumerate(upper):
        places = degree + np.arange(-4, 5)
        fits = np.isin((places - root) % octave, (0, third, fifth)) & ~np.isin(places, taken)
        home = octave + voice * 2.5  # a voice that has strayed is drawn back
        cost = np.abs(places - degree) + 0.5 * np.abs(places - home) + rng.uniform(0, 0.6, 9)
        taken.append(int(places[np.argmin(np.where(fits, cost, np.inf))]))
    return sorted(taken)


def pitches(setting: Chorale, chord: Sounding) -> list[int]:
    """The chord's MIDI pitches."""
    return [pitch_of(setting.tonic, setting.mode, degree) for degree in chord.degrees]


def swelled(
    setting: Chorale, start_s: float, end_s: float, floor: float = 70, channel: int = 0
) -> list[smf.Event]:
    """One rise and fall of the expression between two times."""
    steps = np.arange(start_s, end_s, STEP_S)
    bow = np.sin(np.pi * (steps - start_s) / (end_s - start_s))
    levels = floor + 127 * setting.swell * bow
    return [
        smf.control(float(t), EXPRESSION, v, channel) for t, v in zip(steps, levels, strict=True)
    ]
