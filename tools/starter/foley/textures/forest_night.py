"""Forest at night: crickets near and far, an owl a long way off, a breath of wind.

A cricket's chirp is a few pulses of one pure tone, and it chirps the faster the warmer it is: the
rate follows Dolbear (1897), "The cricket as a thermometer".
"""

from dataclasses import dataclass

import numpy as np

from foley.grains import Values, pan_gains
from foley.noise import Array, band_pass, shaped_noise, sway, tilted, unit
from foley.room import reverberated


@dataclass(frozen=True)
class ForestNight:
    """A clearing after dark.

    Attributes:
        celsius: warmth, which sets how fast the crickets chirp.
        crickets: how many sing.
        song_hz: their middle pitch.
        trills: share of the song that is an even trill from further off.
        owl_hz: pitch of the owl.
        leaves: RMS of the wind in the leaves beside the crickets' 1.
    """

    celsius: float
    crickets: int
    song_hz: float
    trills: float
    owl_hz: float
    leaves: float


VARIANTS = (
    ("Warm night, many crickets", ForestNight(23, 7, 4500, 0.40, 380, 0.75)),
    ("Clearing with an owl", ForestNight(18, 5, 4200, 0.30, 350, 0.8)),
    ("Edge of the wood", ForestNight(20, 6, 4700, 0.45, 410, 0.8)),
    ("Cool night, few crickets", ForestNight(16, 4, 4000, 0.30, 360, 0.9)),
)


def render(
    setting: ForestNight, rng: np.random.Generator, seconds: float, sample_rate: int
) -> Array:
    """The clearing as [2, T]."""
    samples = round(seconds * sample_rate)
    leaves = shaped_noise(rng, samples, sample_rate, tilted(band_pass(150, 1600), -3))
    leaves *= sway(rng, samples, sample_rate, 0.25, 2.5)
    chirps = np.zeros_like(leaves)
    for _ in range(setting.crickets):
        _add_cricket(chirps, setting, rng, seconds, sample_rate)
    owl = np.zeros_like(leaves)
    _add_owl(owl, setting, rng, seconds, sample_rate)
    far = reverberated(rng, owl, sample_rate, 1.6, 1.2, band_pass(200, 900))
    trill = _trill(setting, rng, samples, sample_rate)
    insects = unit(chirps) + np.float32(setting.trills) * trill
    heard: Array = insects + np.float32(setting.leaves) * leaves + np.float32(0.8) * unit(far)
    return heard


def chirps_per_second(celsius: float) -> float:
    """Dolbear's law, from chirps a minute over degrees Fahrenheit."""
    return (40 + 4 * (1.8 * celsius + 32 - 50)) / 60


def _add_cricket(
    target: Array, setting: ForestNight, rng: np.random.Generator, seconds: float, sample_rate: int
) -> None:
    """Chirps of three to five pulses; each cricket has its pitch, place and number."""
    rate = chirps_per_second(setting.celsius) * rng.uniform(0.85, 1.15)
    gaps = rng.normal(1 / rate, 0.06 / rate, int(seconds * rate * 1.3) + 4)
    chirp = np.cumsum(gaps) - rng.uniform(0, 2 / rate)
    pulses, gap_s = int(rng.integers(3, 6)), rng.uniform(0.028, 0.038)
    onset = (chirp[:, None] + gap_s * np.arange(pulses)).ravel()
    loudness = np.tile(np.linspace(0.6, 1.0, pulses), len(chirp)) * rng.uniform(0.25, 1.0)
    pitch = setting.song_hz * np.exp(rng.normal(0, 0.06))
    pan = rng.uniform(-0.9, 0.9)
    _add_pulses(target, onset, pitch, 0.6 * gap_s, loudness, pan, sample_rate)


def _add_pulses(
    target: Array,
    onset: Values,
    pitch_hz: float,
    length_s: float,
    loudness: Values,
    pan: float,
    sample_rate: int,
) -> None:
    """Pulses of a pure tone that open and close softly: one stroke of the wings each."""
    t = np.arange(round(length_s * sample_rate)) / sample_rate
    stroke = np.sin(2 * np.pi * pitch_hz * t) * np.hanning(t.size)
    sides = (pan_gains(np.array([pan])) * stroke).astype(np.float32)
    starts = (onset * sample_rate).astype(np.int64)
    for start, level in zip(starts, loudness, strict=True):
        if start >= 0:
            room = target[:, start : start + t.size]
            room += np.float32(level) * sides[:, : room.shape[-1]]


def _trill(setting: ForestNight, rng: np.random.Generator, samples: int, sample_rate: int) -> Array:
    """Tree crickets far off: narrow noise that beats about forty times a second."""
    centre = 0.68 * setting.song_hz
    noise = shaped_noise(
        rng, samples, sample_rate, band_pass(0.97 * centre, 1.03 * centre, order=4)
    )
    t = np.arange(samples) / sample_rate
    beat = 0.5 + 0.5 * np.sin(2 * np.pi * rng.uniform(36, 46) * t + rng.uniform(0, 6))
    return unit((noise * beat).astype(np.float32)) * sway(rng, samples, sample_rate, 0.3, 2.0)


def _add_owl(
    target: Array, setting: ForestNight, rng: np.random.Generator, seconds: float, sample_rate: int
) -> None:
    """A long hoot and two or three short ones, every five to seven seconds."""
    now = rng.uniform(0.5, 3.0)
    pan = rng.uniform(-0.7, 0.7)
    while now < seconds:
        pitch = setting.owl_hz * np.exp(rng.normal(0, 0.02))
        at = now
        for length in (0.7, *([0.28] * int(rng.integers(1, 3))), 0.9):
            _add_hoot(target, at, length, pitch, pan, sample_rate)
            at += length + rng.uniform(0.18, 0.35)
        now = at + rng.uniform(2.0, 4.0)


def _add_hoot(
    target: Array, start_s: float, length_s: float, pitch_hz: float, pan: float, sample_rate: int
) -> None:
    """A soft tone with hardly an overtone, a little higher in its middle."""
    t = np.arange(round(length_s * sample_rate)) / sample_rate
    bow = np.sin(np.pi * t / length_s)
    phase = 2 * np.pi * np.cumsum(pitch_hz * (0.96 + 0.05 * bow)) / sample_rate
    hoot = (np.sin(phase) + 0.08 * np.sin(2 * phase)) * bow**1.5
    start = round(start_s * sample_rate)
    room = target[:, start : start + t.size]
    room += (pan_gains(np.array([pan])) * hoot).astype(np.float32)[:, : room.shape[-1]]
