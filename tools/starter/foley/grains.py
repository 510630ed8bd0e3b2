"""Sound made of many small events: when they happen, how each one rings, where it is heard."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foley.noise import Array

Values = NDArray[np.float64]
RING_TIMES = 6.0  # decay times until a burst is cut, at -52 dB
CHUNK = 1 << 21  # partial samples computed at once: bounds the memory


@dataclass(frozen=True)
class Bursts:
    """Decaying sinusoids, one a row: every field has shape [N].

    Attributes:
        onset_s: when each starts.
        frequency_hz: pitch at the onset.
        decay_s: time to fall by 1/e.
        amplitude: peak before the attack is taken off.
        pan: -1 left .. 1 right.
        rise: relative rise of the pitch per second; a bubble near the surface rises.
    """

    onset_s: Values
    frequency_hz: Values
    decay_s: Values
    amplitude: Values
    pan: Values
    rise: Values | float = 0.0


def poisson_times(rng: np.random.Generator, per_second: float, seconds: float) -> Values:
    """Sorted onsets of a Poisson process over `seconds`."""
    return np.sort(rng.uniform(0, seconds, rng.poisson(per_second * seconds)))


def thinned(rng: np.random.Generator, times: Values, density: Array, seconds: float) -> Values:
    """Keep each time with the probability that the curve `density` (0..1) has there."""
    index = (times / seconds * (density.shape[-1] - 1)).astype(np.int64)
    kept: Values = times[rng.random(len(times)) < density[index]]
    return kept


def pan_gains(pan: Values) -> Values:
    """Equal-power gains [2, N] for positions -1 .. 1."""
    angle = (pan + 1) * np.pi / 4
    return np.stack([np.cos(angle), np.sin(angle)])


def add_bursts(target: Array, bursts: Bursts, sample_rate: int, attack_s: float = 3e-4) -> None:
    """Add every burst to `target` [2, T] in place; what would ring past its end is cut."""
    rise = np.broadcast_to(bursts.rise, bursts.onset_s.shape)
    columns = (bursts.onset_s, bursts.frequency_hz, bursts.decay_s, bursts.amplitude, rise)
    table = np.stack([*columns, *pan_gains(bursts.pan)])
    audible = table[:, table[1] < 0.45 * sample_rate]
    length = np.exp2(np.ceil(np.log2(RING_TIMES * audible[2] * sample_rate))).astype(np.int64)
    for samples in np.unique(length):
        rows = audible[:, length == samples]
        step = max(1, CHUNK // int(samples))
        for first in range(0, rows.shape[1], step):
            _add(target, rows[:, first : first + step], int(samples), sample_rate, attack_s)


def _add(target: Array, rows: Values, samples: int, sample_rate: int, attack_s: float) -> None:
    onset, frequency, decay, amplitude, rise, left, right = rows
    t = (np.arange(samples) / sample_rate).astype(np.float32)
    f, d, r = (column.astype(np.float32)[:, None] for column in (frequency, decay, rise))
    envelope = np.exp(-t / d) * (1 - np.exp(-t / np.float32(attack_s)))
    rings = np.sin(np.float32(2 * np.pi) * f * t * (1 + r * t / 2)) * envelope
    rings *= amplitude.astype(np.float32)[:, None]
    starts = (onset * sample_rate).astype(np.int64)
    for start, ring, gains in zip(starts, rings, np.stack([left, right], axis=1), strict=True):
        room = target[:, start : start + samples]
        room += gains.astype(np.float32)[:, None] * ring[: room.shape[-1]]
