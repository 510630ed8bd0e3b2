"""Fundamental frequency, how sure it is, and whether there is one at all.

Of the candidates of each frame (`whisperwave.dsp.pitch`) the one is taken that the likeliest path
through all frames so far ends in. The path looks back only, so that playing adds no wait to the
half window that a frame needs.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp.framing import FrameExtractor, Rows
from whisperwave.dsp.pitch import (
    CANDIDATES,
    Candidates,
    find_candidates,
    normalised_difference,
    refined,
)

Doubles = NDArray[np.float64]

LOWEST_HZ = 45.0
HIGHEST_HZ = 2100.0
WINDOW_SECONDS = 0.064  # nearly three periods of the lowest note
_LEAP_COST, _MOST_COST = 12.0, 5.0  # of an octave, and of any leap
_TURN_COST = 2.5  # from voiced to unvoiced and back
_LEAST_WEIGHT = 1e-6
_UNVOICED_WEIGHT = 0.02  # a tone in noise as loud outweighs it, broad noise alone does not


@dataclass(frozen=True)
class PathState:
    """The end of every path so far: its pitch in octaves and its cost, and that of no pitch."""

    octaves: Doubles
    costs: Doubles
    unvoiced: float


class F0(FrameExtractor):
    """Rows: ``f0_hz``, 0 where nothing repeats; ``confidence`` 0 to 1; ``voiced`` 0 or 1."""

    names = ("f0_hz", "confidence", "voiced")

    def __init__(self, sample_rate: int, hop_length: int) -> None:
        super().__init__(2 * round(WINDOW_SECONDS * sample_rate / 2.0), hop_length)
        self._sample_rate = sample_rate
        self._least_lag = max(2, int(sample_rate / HIGHEST_HZ))
        self._most_lag = int(np.ceil(sample_rate / LOWEST_HZ)) + 1

    def _remember(self) -> PathState:
        return PathState(np.zeros(CANDIDATES), np.full(CANDIDATES, np.inf), 0.0)

    def _rows(self, frames: Doubles, own: PathState) -> tuple[Rows, PathState]:
        difference = normalised_difference(frames, self._most_lag)
        found = find_candidates(difference, self._least_lag)
        chosen, voiced, own = _follow(found, self._sample_rate, own)
        row = np.arange(len(frames))
        f0_hz = self._sample_rate / refined(difference, found.lags[row, chosen])
        exists = found.weights[row, chosen] > 0.0
        confidence = np.where(exists, 1.0 - found.aperiodic[row, chosen], 0.0)
        rows = np.stack([np.where(exists, f0_hz, 0.0), confidence, voiced & exists])
        return rows.astype(np.float32), own


def extractor(sample_rate: int, hop_length: int) -> F0:
    """The extractor for sounds of some rate."""
    return F0(sample_rate, hop_length)


def _follow(
    found: Candidates, sample_rate: int, state: PathState
) -> tuple[NDArray[np.intp], NDArray[np.bool_], PathState]:
    """Which candidate the likeliest path ends in, frame by frame, and whether it is voiced."""
    octaves = np.log2(sample_rate / found.lags)
    before = np.concatenate([state.octaves[None], octaves])
    leaps = np.abs(octaves[:, :, None] - before[:-1, None, :])
    leap_costs = np.minimum(_LEAP_COST * leaps, _MOST_COST)
    voiced_costs = -np.log(np.maximum(found.weights, _LEAST_WEIGHT))
    silent = _UNVOICED_WEIGHT * (1.0 - found.weights.sum(axis=-1))
    unvoiced_costs = -np.log(np.maximum(silent, _LEAST_WEIGHT))
    costs, unvoiced = state.costs, state.unvoiced
    chosen, voiced = np.zeros(len(octaves), np.intp), np.zeros(len(octaves), np.bool_)
    for n in range(len(octaves)):
        onward = (leap_costs[n] + costs).min(axis=1)
        to_silence = min(unvoiced, costs.min() + _TURN_COST)
        costs = np.minimum(onward, unvoiced + _TURN_COST) + voiced_costs[n]
        unvoiced = to_silence + unvoiced_costs[n]
        chosen[n] = costs.argmin()
        voiced[n] = costs[chosen[n]] < unvoiced
        least = min(costs[chosen[n]], unvoiced)
        costs, unvoiced = costs - least, unvoiced - least
    return chosen, voiced, PathState(before[-1], costs, float(unvoiced))
