"""Crinkling: a hand that squeezes a sheet, slowly, and the sheet's snaps by the hundred."""

from dataclasses import dataclass

import numpy as np

from foley.grains import poisson_times, thinned
from foley.noise import Array, band_pass, shaped_noise, unit
from foley.paper import add_snaps, amplitudes


@dataclass(frozen=True)
class Crinkling:
    """A sheet in a hand.

    Attributes:
        snaps_per_second: while the hand closes.
        squeezes_per_second: rhythm of the hand.
        exponent: of the energies' power law; a small one gives more loud snaps.
        pitch_hz: middle pitch of the snaps: foil high, wrapping paper low.
        decay_s: how long a snap rings.
        rustle: RMS of the sheet's slide beside the snaps' 1.
    """

    snaps_per_second: float
    squeezes_per_second: float
    exponent: float
    pitch_hz: float
    decay_s: float
    rustle: float


VARIANTS = (
    ("Cellophane, slowly", Crinkling(420, 0.55, 1.25, 4200, 8e-4, 0.30)),
    ("Wrapping paper", Crinkling(260, 0.45, 1.35, 2300, 1.5e-3, 0.55)),
    ("Paper bag", Crinkling(180, 0.60, 1.20, 1800, 1.9e-3, 0.35)),
    ("Sweet wrapper", Crinkling(450, 0.70, 1.35, 4600, 9e-4, 0.60)),
)


def render(setting: Crinkling, rng: np.random.Generator, seconds: float, sample_rate: int) -> Array:
    """The sheet as [2, T]; the two hands hold its two sides."""
    samples = round(seconds * sample_rate)
    snaps = np.zeros((2, samples), np.float32)
    grip = _grip(setting, rng, seconds)
    onset = thinned(rng, poisson_times(rng, setting.snaps_per_second, seconds), grip, seconds)
    level = amplitudes(rng, len(onset), setting.exponent)
    place = np.interp(onset, *_hands(rng, seconds))
    pan = np.clip(place + rng.normal(0, 0.25, len(onset)), -0.95, 0.95)
    pitch, decay = setting.pitch_hz, setting.decay_s
    add_snaps(snaps, rng, onset, pan, level, pitch, decay, sample_rate)
    band = band_pass(0.6 * setting.pitch_hz, min(1.9 * setting.pitch_hz, 8000))
    slide = shaped_noise(rng, samples, sample_rate, band)
    times = np.linspace(0, 1, samples)
    slide *= np.interp(times, np.linspace(0, 1, grip.size), grip).astype(np.float32)
    return unit(snaps) + np.float32(setting.rustle) * unit(slide)


def _grip(setting: Crinkling, rng: np.random.Generator, seconds: float) -> Array:
    """How fast the hand closes [400 a second], 0.12 (it only holds) to 1."""
    t = np.arange(round(400 * seconds)) / 400
    grip = np.full(t.size, 0.12)
    period = 1 / setting.squeezes_per_second
    start = -rng.uniform(0, period)
    while start < seconds:
        length = period * rng.uniform(0.55, 0.85)
        phase = np.clip((t - start) / length, 0, 1)
        grip += rng.uniform(0.5, 0.88) * np.sin(np.pi * phase**0.7) ** 2
        start += period * rng.uniform(0.8, 1.2)
    trembling = 0.75 + 0.25 * np.interp(t, t[::20], rng.uniform(-1, 1, t[::20].size))
    return np.clip(grip * trembling, 0, 1).astype(np.float32)


def _hands(rng: np.random.Generator, seconds: float) -> tuple[Array, Array]:
    """Where the sheet is squeezed, from side to side: times and places."""
    times = np.arange(0, seconds + 1, 0.7, dtype=np.float32)
    return times, rng.uniform(-0.7, 0.7, times.size).astype(np.float32)
