"""The trend of a noisy curve: straight lines fitted around every place, nearer values more.

Straight lines, and not means, so that the ends of a falling curve are not bent inwards. W. S.
Cleveland, "Robust locally weighted regression and smoothing scatterplots", JASA 74 (1979), with a
Gaussian kernel and without the rounds against outliers.
"""

import numpy as np
from numpy.typing import NDArray

from whisperwave.reports.histories.history import Series

Floats = NDArray[np.float64]

PLACES = 300  # at most, that a trend is told at
REACH = 0.015  # of the steps: the standard deviation of the weights
LEAST_VALUES = 8  # or so many values, where that is more
_AT_ONCE = 50


def trend(series: Series) -> Series:
    """The trend at up to `PLACES` steps from the first to the last; empty for an empty series."""
    known = series.finite
    if len(known) == 0:
        return known
    places = np.linspace(known.steps[0], known.steps[-1], min(PLACES, len(known)))
    return Series(places, at(known, places))


def at(series: Series, places: Floats) -> Floats:
    """The trend [n] at steps [n]; NaN for an empty series."""
    known = series.finite
    if len(known) == 0:
        return np.full(len(places), np.nan)
    parts = [places[start : start + _AT_ONCE] for start in range(0, len(places), _AT_ONCE)]
    fitted = [_weights(known.steps, part) @ known.values for part in parts]
    return np.concatenate(fitted or [np.empty(0)])


def noise(series: Series, places: Floats) -> Floats:
    """The standard deviation [n] of the trend at steps [n], from how the values scatter around it.

    It is largest at the ends, where a line has values on one side alone.
    """
    known, smooth = series.finite, trend(series)
    scatter = np.std(known.values - np.interp(known.steps, smooth.steps, smooth.values))
    deviation: Floats = scatter * np.sqrt(np.square(_weights(known.steps, places)).sum(axis=1))
    return deviation


def _weights(steps: Floats, places: Floats) -> Floats:
    """What each value at ``steps`` [n] counts for the line at each of ``places`` [p], [p, n]."""
    spacing = np.ptp(steps) / max(len(steps) - 1, 1)
    reach = max(REACH * np.ptp(steps), LEAST_VALUES * spacing, 1e-9)
    away = (steps[None, :] - places[:, None]) / reach
    nearest = np.square(away).min(axis=1, keepdims=True)
    near = np.exp(-0.5 * (np.square(away) - nearest))  # far from all values the nearest count
    near /= near.sum(axis=1, keepdims=True)
    middle = (near * away).sum(axis=1, keepdims=True)
    apart = away - middle
    spread = np.maximum((near * np.square(apart)).sum(axis=1, keepdims=True), 1e-12)
    weights: Floats = near * (1.0 - middle * apart / spread)
    return weights
