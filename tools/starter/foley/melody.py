"""Slow restful melodies: our own, drawn from a seed in calm modes."""

from dataclasses import dataclass

import numpy as np

MODES = {
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "aeolian": (0, 2, 3, 5, 7, 8, 10),
    "ionian": (0, 2, 4, 5, 7, 9, 11),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "pentatonic": (0, 2, 4, 7, 9),
}
REST_DEGREES = {5: (0, 2, 3), 7: (0, 2, 4)}
"""Degrees where a phrase may come to rest, by the number of tones of the mode."""


@dataclass(frozen=True)
class Tone:
    """One tone of a line: when, how long, which pitch, and whether a phrase ends with it."""

    start_s: float
    seconds: float
    pitch: int
    closes: bool


def pitch_of(tonic: int, mode: str, degree: int) -> int:
    """MIDI pitch of a scale degree; degrees run on past the octave both ways."""
    scale = MODES[mode]
    octave, step = divmod(degree, len(scale))
    return tonic + 12 * octave + scale[step]


def line(
    rng: np.random.Generator, tonic: int, mode: str, beat_s: float, seconds: float, span: int = 9
) -> list[Tone]:
    """A melody of phrases within `span` degrees above the tonic, ending there in good time."""
    tones: list[Tone] = []
    now, degree = 0.1, int(rng.choice((0, 2, 4)))
    rhythm, place = _rhythm(rng), 0
    while now + rhythm[place] * beat_s < seconds - 3.0:
        closes = place == len(rhythm) - 1
        degree = _next_degree(rng, degree, mode, span, closes)
        length = rhythm[place] * beat_s * rng.uniform(0.97, 1.03)
        tones.append(Tone(now, length, pitch_of(tonic, mode, degree), closes))
        now += length + (0.2 * beat_s if closes else 0)
        place = (place + 1) % len(rhythm)
        rhythm = _rhythm(rng) if place == 0 and rng.random() < 0.6 else rhythm
    home = pitch_of(tonic, mode, 0 if degree < span // 2 + 2 else len(MODES[mode]))
    if tones and tones[-1].pitch == home:
        now = tones.pop().start_s  # already there: stay
    tones.append(Tone(now, seconds - 0.7 - now, home, closes=True))
    return tones


def _rhythm(rng: np.random.Generator) -> tuple[float, ...]:
    """Beats of a phrase of three to five tones; the last is the longest."""
    inner = rng.choice((1.0, 1.5, 2.0), int(rng.integers(2, 5)), p=(0.5, 0.2, 0.3))
    return (*(float(beats) for beats in inner), float(rng.choice((2.0, 3.0))))


def _next_degree(rng: np.random.Generator, degree: int, mode: str, span: int, closes: bool) -> int:
    """Mostly by step, never a repeat, drawn back to the middle; a close rests on a calm degree."""
    steps = np.array([-3, -2, -1, 1, 2, 3, 4])
    weights = np.array([0.4, 1.2, 3.0, 3.0, 1.2, 0.5, 0.3])
    places = degree + steps
    weights = weights * np.exp(-(((places - span / 2) / (span / 2)) ** 2))
    weights[(places < -1) | (places > span)] = 0
    if closes:
        tones = len(MODES[mode])
        weights[~np.isin(places % tones, REST_DEGREES[tones])] *= 0.02
    return int(rng.choice(places, p=weights / weights.sum()))
