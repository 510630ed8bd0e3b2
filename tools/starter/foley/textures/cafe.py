"""Café murmur: a room of voices too many to follow, and now and then a cup."""

from dataclasses import dataclass

import numpy as np

from foley import speech
from foley.grains import Bursts, Values, add_bursts, pan_gains, poisson_times
from foley.noise import Array, band_pass, shaped_noise, slow_curve, tilted, unit
from foley.room import reverberated

CUP_MODES = (1.0, 1.52, 2.35, 3.4)


@dataclass(frozen=True)
class Cafe:
    """A room with people in it.

    Attributes:
        talkers: voices at once.
        syllables_per_second: how lively they speak.
        pitch_hz: middle pitch of the voices.
        dullness_hz: where distance and furniture take the voices away.
        cups_per_second: clinks.
        room_s: reverberation.
    """

    talkers: int
    syllables_per_second: float
    pitch_hz: float
    dullness_hz: float
    cups_per_second: float
    room_s: float


VARIANTS = (
    ("Café, afternoon murmur", Cafe(14, 4.4, 150, 1700, 0.9, 0.7)),
    ("Café, quiet corner", Cafe(8, 3.8, 140, 1300, 0.5, 0.5)),
    ("Reading room lobby", Cafe(11, 4.0, 165, 1100, 0.3, 1.3)),
    ("Bistro at noon", Cafe(20, 4.8, 155, 2200, 1.5, 0.6)),
)


def render(setting: Cafe, rng: np.random.Generator, seconds: float, sample_rate: int) -> Array:
    """The room as [2, T]."""
    samples = round(seconds * sample_rate)
    talk = _talk(setting, rng, seconds, samples, sample_rate)
    cups = np.zeros_like(talk)
    _add_cups(cups, poisson_times(rng, setting.cups_per_second, seconds), rng, sample_rate)
    dry = unit(talk) + np.float32(0.12) * unit(cups)
    house = shaped_noise(rng, samples, sample_rate, tilted(band_pass(80, 700), -4))
    heard = reverberated(rng, dry, sample_rate, setting.room_s, 0.8, band_pass(150, 2500, order=1))
    return heard + np.float32(0.18) * house


def _talk(
    setting: Cafe, rng: np.random.Generator, seconds: float, samples: int, sample_rate: int
) -> Array:
    """All voices [2, T]. Nothing high is left of them, so they are made at a lower rate."""
    fewer = max(1, sample_rate // 11000)
    low_rate = sample_rate // fewer
    talk = np.zeros((2, -(-samples // fewer)), np.float32)
    for _ in range(setting.talkers):
        voice = unit(_voice(setting, rng, talk.shape[-1], low_rate, seconds))
        near = np.float32(rng.uniform(0.35, 1.0))
        talk += near * pan_gains(np.array([rng.uniform(-0.9, 0.9)])).astype(np.float32) * voice
    spectrum = np.fft.rfft(talk)  # as many samples again, with nothing above
    return np.fft.irfft(spectrum, n=talk.shape[-1] * fewer)[:, :samples].astype(np.float32)


def _voice(
    setting: Cafe, rng: np.random.Generator, samples: int, sample_rate: int, seconds: float
) -> Array:
    """One talker [T]: pulses whose pitch falls through each phrase, and dulled hisses."""
    rate = setting.syllables_per_second * rng.uniform(0.85, 1.15)
    said = speech.spoken(rng, seconds, rate, 0.7)
    octave = rng.choice((-0.4, 0.4))  # men and women
    lilt = 0.12 * slow_curve(rng, samples, sample_rate, 2.5)
    fall = 0.25 * (speech.at_rate(said.accent, samples, sample_rate) - 0.5)
    pitch = setting.pitch_hz * np.exp2(octave + lilt + fall)
    phase = np.cumsum(pitch / sample_rate, dtype=np.float64)
    pulses = np.diff(np.floor(phase), prepend=0.0).astype(np.float32)
    glides = speech.frames_of(said.formants_hz, samples, sample_rate)
    _, size = speech.frame(sample_rate)
    bins = np.fft.rfftfreq(size, 1 / sample_rate).astype(np.float64)
    gains = speech.tract(glides, 1.0 + 0.17 * (octave > 0), bins)
    gains *= _colour(setting, bins)
    voiced = speech.through(pulses, gains, sample_rate)
    voiced *= speech.at_rate(said.vowel, samples, sample_rate)
    hiss = speech.fricative_noise(rng, said, samples, sample_rate)
    return unit(voiced) + np.float32(0.05 * setting.dullness_hz / 1700) * unit(hiss)


def _colour(setting: Cafe, bins: Values) -> Values:
    """Glottis and lips together fall by 6 dB an octave; distance dulls the rest."""
    f = np.maximum(bins, 60.0)
    colour: Values = (f / 500) ** -1.0 / np.sqrt(1 + (f / setting.dullness_hz) ** 2)
    return colour * (bins > 70)


def _add_cups(target: Array, onset: Values, rng: np.random.Generator, sample_rate: int) -> None:
    """A cup set on its saucer: a small bell, struck softly, sometimes twice."""
    twice = onset[rng.random(onset.size) < 0.5] + rng.uniform(0.06, 0.14)
    onset = np.concatenate([onset, twice])
    count = onset.size
    base = rng.uniform(1500, 2600, count)
    pan = rng.uniform(-0.8, 0.8, count)
    force = rng.uniform(0.3, 1.0, count)
    for ratio in CUP_MODES:
        decay = 0.05 * ratio**-0.7 * rng.uniform(0.6, 1.3, count)
        level = force * rng.uniform(0.3, 1.0, count) / ratio
        add_bursts(target, Bursts(onset, base * ratio, decay, level, pan), sample_rate, 1.5e-3)
