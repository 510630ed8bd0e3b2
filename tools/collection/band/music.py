"""Five genres that nobody would mistake for each other, played from the starter's own sounds.

Bowed and plucked clips are cut into phrases and played at other pitches; drums are struck in a
rhythm; distortion and gates make metal of a guitar; waves and wind come from the starter's makers.
"""

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "tools" / "starter"))  # scripts, not a package

from foley import takes  # noqa: E402 - found only now

RATE = 44_100
"""Hertz at which everything is played."""

Sound = NDArray[np.floating[Any]]
Player = Callable[[np.random.Generator, float], Sound]
_CLIPS = ROOT / "src" / "whisperwave" / "starter" / "clips"
_FADE = round(0.03 * RATE)


@cache
def clip(style: str, number: int) -> Sound:
    """A starter clip, ``[2, T]``."""
    audio, _ = soundfile.read(_CLIPS / f"{style}-{number}.ogg", dtype="float32")
    return audio.T


def play(genre: str, rng: np.random.Generator, seconds: float) -> Sound:
    """A piece of the genre, ``[2, T]`` at `RATE`, at about -20 dBFS."""
    audio = GENRES[genre](rng, seconds)[:, : round(seconds * RATE)]
    level = 0.1 / max(1e-9, float(np.sqrt(np.mean(audio**2))))
    return _faded(np.clip(level * audio, -0.98, 0.98))


def ambient(rng: np.random.Generator, seconds: float) -> Sound:
    """Waves, wind or a stream, as the starter makes them."""
    return _texture(str(rng.choice(["sea", "wind", "stream"])), rng, seconds)


def classical(rng: np.random.Generator, seconds: float) -> Sound:
    """Bowed strings, legato."""
    return _phrases(("violin", "strings", "cello"), rng, seconds, phrase_s=2.5)


def folk(rng: np.random.Generator, seconds: float) -> Sound:
    """Plucked strings."""
    return _phrases(("guitar", "harp", "kalimba"), rng, seconds, phrase_s=2.0)


def techno(rng: np.random.Generator, seconds: float) -> Sound:
    """A drum on every beat, a hat between two, a purr beneath; 120 to 138 beats a minute."""
    beat = 60.0 / rng.uniform(120, 138)
    kick = _hit("drum", rng, 0.22)
    hat = np.diff(_hit("crinkling", rng, 0.05), axis=1, prepend=0)
    audio = _struck(kick, seconds, beat, 0.0) + 0.9 * _struck(hat, seconds, beat, beat / 2)
    purr = _texture("purring", rng, seconds)
    return audio + 0.15 * purr / max(1e-9, float(np.abs(purr).max()))


def metal(rng: np.random.Generator, seconds: float) -> Sound:
    """Guitar and cello in fifths, low, much too loud, muted in eighths, over quick drums."""
    low = _phrases(("guitar", "cello"), rng, seconds, phrase_s=2.0, semitones=(-9, -5))
    fifth = _varied(low, 1.4983)
    fifth = np.pad(fifth, ((0, 0), (0, low.shape[1] - fifth.shape[1])), mode="wrap")
    driven = np.tanh(60 * _normal(low + 0.7 * fifth))
    eighth = 30.0 / rng.uniform(150, 190)
    time = np.arange(driven.shape[1]) / RATE
    muted = np.exp(-3.0 * ((time % eighth) / eighth))
    return 0.3 * driven * muted + 0.8 * _struck(_hit("drum", rng, 0.12), seconds, eighth, 0.0)


def spoken(rng: np.random.Generator, seconds: float) -> Sound:
    """Whispering, without words."""
    return _texture("whispering", rng, seconds)


GENRES: dict[str, Player] = {
    "ambient": ambient, "classical": classical, "folk": folk, "metal": metal, "techno": techno,
    "spoken-word": spoken,
}  # fmt: skip
"""The five genres, and a sixth of which a collection has only a little."""


def _texture(style: str, rng: np.random.Generator, seconds: float) -> Sound:
    whole = max(seconds, 2.0)  # some makers need room for their first event
    made = takes.render(style, takes.drawn_setting(style, rng), rng, whole, RATE)
    return made[:, : round(seconds * RATE)]


def _phrases(
    styles: tuple[str, ...], rng: np.random.Generator, seconds: float, phrase_s: float,
    semitones: tuple[int, int] = (-4, 4),
) -> Sound:  # fmt: skip
    """Stretches of the styles' clips, one after the other, all at one pitch of their own."""
    style = str(rng.choice(styles))
    ratio = 2.0 ** (rng.integers(*semitones, endpoint=True) / 12)
    length = round(phrase_s * RATE)
    audio = np.zeros((2, 0), np.float32)
    while audio.shape[1] < seconds * RATE + _FADE:
        source = clip(style, int(rng.integers(1, 5)))
        start = int(rng.integers(0, source.shape[1] - length))
        audio = _joined(audio, _varied(source[:, start : start + length], ratio))
    return audio[:, : round(seconds * RATE)]


def _joined(before: Sound, after: Sound) -> Sound:
    """One after the other, with a short crossfade."""
    if not before.shape[1]:
        return after
    ramp = np.linspace(0, 1, _FADE, dtype=np.float32)
    across = before[:, -_FADE:] * (1 - ramp) + after[:, :_FADE] * ramp
    return np.concatenate([before[:, :-_FADE], across, after[:, _FADE:]], axis=1)


def _varied(audio: Sound, ratio: float) -> Sound:
    """Played `ratio` times as fast, and so much higher."""
    return soxr.resample(audio.T, RATE * ratio, RATE, quality="HQ").T


def _hit(style: str, rng: np.random.Generator, seconds: float) -> Sound:
    """The loudest moment of a clip, from its onset, dying away."""
    source = clip(style, int(rng.integers(1, 5)))
    length = round(seconds * RATE)
    at = max(0, int(np.abs(source[:, :-length]).max(axis=0).argmax()) - 200)
    decay = np.exp(-np.linspace(0, 5, length, dtype=np.float32))
    return _normal(source[:, at : at + length] * decay)


def _struck(hit: Sound, seconds: float, every_s: float, first_s: float) -> Sound:
    """The hit again and again, ``[2, T]``."""
    audio = np.zeros((2, round(seconds * RATE) + hit.shape[1]), np.float32)
    for start in np.arange(first_s, seconds, every_s):
        at = round(start * RATE)
        audio[:, at : at + hit.shape[1]] += hit
    return audio[:, : round(seconds * RATE)]


def _normal(audio: Sound) -> Sound:
    return audio / max(1e-9, float(np.abs(audio).max()))


def _faded(audio: Sound) -> Sound:
    edge = min(_FADE, audio.shape[1] // 4)
    ramp = np.linspace(0, 1, edge, dtype=np.float32)
    audio = audio.copy()
    audio[:, :edge] *= ramp
    audio[:, audio.shape[1] - edge :] *= ramp[::-1]
    return audio
