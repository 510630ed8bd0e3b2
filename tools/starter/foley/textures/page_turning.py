"""Page turning: a fingertip finds the edge, the leaf sweeps over, bends and lies down."""

from dataclasses import dataclass

import numpy as np

from foley.grains import pan_gains
from foley.noise import Array, band_pass, shaped_noise, slow_curve, tilted, unit
from foley.paper import add_snaps, amplitudes


@dataclass(frozen=True)
class PageTurning:
    """A book being leafed through.

    Attributes:
        every_s: from page to page.
        sweep_s: how long a leaf is in the air.
        middle_hz: middle of the paper's noise: thin paper high, old thick paper low.
        snaps: buckling snaps in one turn.
        landing: level of the leaf's soft landing.
    """

    every_s: float
    sweep_s: float
    middle_hz: float
    snaps: int
    landing: float


VARIANTS = (
    ("Leafing through a novel", PageTurning(1.7, 0.55, 2600, 26, 0.5)),
    ("Old atlas, large leaves", PageTurning(2.6, 0.95, 1500, 48, 0.9)),
    ("Thin paper, quick fingers", PageTurning(1.3, 0.42, 3400, 34, 0.3)),
    ("Magazine on a sofa", PageTurning(2.0, 0.70, 2100, 60, 0.6)),
)


def render(
    setting: PageTurning, rng: np.random.Generator, seconds: float, sample_rate: int
) -> Array:
    """The book as [2, T] in a quiet room; leaves go from the right to the left."""
    samples = round(seconds * sample_rate)
    book = np.zeros((2, samples), np.float32)
    now = rng.uniform(0.1, 0.5)
    while now < seconds - 0.3:
        _turn(book, setting, rng, now, sample_rate)
        now += setting.every_s * rng.uniform(0.8, 1.25)
    middle = setting.middle_hz
    hand = shaped_noise(rng, samples, sample_rate, tilted(band_pass(0.4 * middle, 2 * middle), -3))
    hand *= np.maximum(0.15, slow_curve(rng, samples, sample_rate, 1.2))
    room = shaped_noise(rng, samples, sample_rate, tilted(band_pass(80, 900), -4))
    heard: Array = unit(book) + np.float32(0.13) * hand + np.float32(0.07) * room
    return heard


def _turn(
    book: Array, setting: PageTurning, rng: np.random.Generator, at_s: float, sample_rate: int
) -> None:
    """One leaf: finger, sweep with snaps, landing."""
    length = setting.sweep_s * rng.uniform(0.85, 1.2)
    size = rng.uniform(0.7, 1.0)
    _stroke(book, setting, rng, (at_s, 0.22, 0.35 * size, 1.7), sample_rate)
    lift = at_s + 0.2
    _stroke(book, setting, rng, (lift, length, size, 1.0), sample_rate)
    count = int(rng.poisson(setting.snaps))
    place = rng.beta(1.6, 1.4, count)
    level = 2.0 * size * amplitudes(rng, count, 1.4)
    pitch = 1.2 * setting.middle_hz
    onset = lift + length * place
    inside = onset < book.shape[-1] / sample_rate - 0.05
    pan = 0.55 - 1.1 * place
    add_snaps(book, rng, onset[inside], pan[inside], level[inside], pitch, 1.2e-3, sample_rate)
    _landing(book, setting.landing * size, rng, lift + 0.9 * length, sample_rate)


def _stroke(
    book: Array,
    setting: PageTurning,
    rng: np.random.Generator,
    stroke: tuple[float, float, float, float],
    sample_rate: int,
) -> None:
    """Paper that slides: start, length, level and how much brighter than the paper's middle.

    Two bands, the brighter one first: a leaf that comes down slows and grows dull.
    """
    start_s, length_s, level, brighter = stroke
    samples = round(length_s * sample_rate)
    phase = np.arange(samples, dtype=np.float32) / samples
    middle = brighter * setting.middle_hz
    noise = np.zeros((1, samples), np.float32)
    for centre, share in ((1.5 * middle, 1 - phase), (0.7 * middle, phase)):
        band = tilted(band_pass(0.6 * centre, min(1.7 * centre, 9000)), -2)
        noise += share * shaped_noise(rng, samples, sample_rate, band, channels=1)
    fibres = 1 + 0.5 * slow_curve(rng, samples, sample_rate, 35.0)
    envelope = np.sin(np.pi * phase**0.75) ** 2 * np.maximum(0.2, fibres)
    sides = pan_gains(0.6 - 1.2 * phase.astype(np.float64))
    swept = (level * 0.3 * sides * envelope * noise).astype(np.float32)
    start = round(start_s * sample_rate)
    room = book[:, start : start + samples]
    room += swept[:, : room.shape[-1]]


def _landing(
    book: Array, level: float, rng: np.random.Generator, at_s: float, sample_rate: int
) -> None:
    """Air pressed out under the leaf: a low, soft pat of a tenth of a second."""
    samples = round(0.16 * sample_rate)
    t = np.arange(samples) / sample_rate
    puff = shaped_noise(rng, samples, sample_rate, tilted(band_pass(110, 480), -3))
    puff *= (np.exp(-t / 0.035) * (1 - np.exp(-t / 0.012))).astype(np.float32)
    start = round(at_s * sample_rate)
    room = book[:, start : start + samples]
    room += (np.float32(0.25 * level) * puff)[:, : room.shape[-1]]
