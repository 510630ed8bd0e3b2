"""The kinds of sounds: a tone of each kind at eleven pitches from 50 to 2000 Hz."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RATE = 16_000
SECONDS = 2.0
PITCHES_HZ = (50.0, 65.4, 98.0, 146.8, 220.0, 329.6, 493.9, 740.0, 1108.7, 1480.0, 2000.0)
_LEVEL = 0.1  # root mean square of a tone
_VIBRATO_HZ, _VIBRATO_CENTS = 5.5, 60.0
_TRUE = np.full(round(SECONDS * RATE), 1.0)


@dataclass(frozen=True)
class Sound:
    """Samples ``[T]`` in [-1, 1], and at each of them the pitch in Hz, 0 where there is none."""

    audio: Floats
    f0_hz: Floats


@dataclass(frozen=True)
class Case:
    """A kind of sound, and what makes one of a pitch in Hz and a seed."""

    name: str
    make: Callable[[float, int], Sound]

    def sounds(self) -> Iterator[Sound]:
        """One of each pitch."""
        for seed, pitch in enumerate(PITCHES_HZ):
            yield self.make(pitch, seed)


def partials(f0_hz: Floats, amplitudes: Callable[[int], float], first: int = 1) -> Floats:
    """Overtones of a pitch, each while it is below the Nyquist frequency, at one level."""
    phase = 2.0 * np.pi * np.cumsum(f0_hz) / RATE
    total = np.zeros_like(f0_hz)
    for number in range(first, int(0.5 * RATE / f0_hz.min()) + 1):
        amplitude = amplitudes(number)
        if amplitude:
            total += np.where(number * f0_hz < 0.5 * RATE, amplitude, 0.0) * np.sin(number * phase)
    return _LEVEL * total / np.sqrt(np.mean(total**2))


def noise(seed: int, below_db: float) -> Floats:
    """White noise so far below a tone."""
    return _LEVEL * 10.0 ** (-below_db / 20.0) * np.random.default_rng(seed).standard_normal(
        len(_TRUE)
    )  # fmt: skip


def _sine(number: int) -> float:
    return float(number == 1)


def _harmonic(number: int) -> float:
    """Ten overtones, as of a bowed or blown instrument."""
    return 1.0 / number if number <= 10 else 0.0


def _sawtooth(number: int) -> float:
    return 1.0 / number


def _steady(amplitudes: Callable[[int], float]) -> Callable[[float, int], Sound]:
    def make(pitch: float, seed: int) -> Sound:
        del seed  # nothing is left to chance
        return Sound(partials(pitch * _TRUE, amplitudes), pitch * _TRUE)

    return make


def _without_fundamental(pitch: float, seed: int) -> Sound:
    del seed
    return Sound(partials(pitch * _TRUE, _harmonic, first=2), pitch * _TRUE)


def _vibrato(pitch: float, seed: int) -> Sound:
    time = np.arange(len(_TRUE)) / RATE
    cents = _VIBRATO_CENTS * np.sin(2.0 * np.pi * _VIBRATO_HZ * time + seed)
    f0_hz = pitch * 2.0 ** (cents / 1200.0)
    return Sound(partials(f0_hz, _harmonic), f0_hz)


def _glide(pitch: float, seed: int) -> Sound:
    """An octave up in the time, from half an octave below to half an octave above."""
    del seed
    f0_hz = np.clip(pitch * 2.0 ** np.linspace(-0.5, 0.5, len(_TRUE)), 50.0, 2000.0)
    return Sound(partials(f0_hz, _harmonic), f0_hz)


def _noisy(below_db: float) -> Callable[[float, int], Sound]:
    def make(pitch: float, seed: int) -> Sound:
        return Sound(partials(pitch * _TRUE, _harmonic) + noise(seed, below_db), pitch * _TRUE)

    return make


def _phrases(pitch: float, seed: int) -> Sound:
    """A tone, noise as loud, the tone again, and almost silence: half a second each."""
    tone, hiss = partials(pitch * _TRUE, _harmonic), noise(seed, 0.0)
    part = np.arange(len(_TRUE)) * 4 // len(_TRUE)
    is_tone = part % 2 == 0
    audio = np.where(is_tone, tone, np.where(part == 1, hiss, 1e-3 * hiss))
    return Sound(audio, np.where(is_tone, pitch, 0.0))


CASES = (
    Case("sine", _steady(_sine)),
    Case("ten overtones", _steady(_harmonic)),
    Case("sawtooth", _steady(_sawtooth)),
    Case("no fundamental", _without_fundamental),
    Case("vibrato", _vibrato),
    Case("glide of an octave", _glide),
    Case("noise 20 dB below", _noisy(20.0)),
    Case("noise 10 dB below", _noisy(10.0)),
    Case("noise as loud", _noisy(0.0)),
    Case("tone, noise, tone, silence", _phrases),
)
