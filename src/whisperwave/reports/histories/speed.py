"""Where a run's speed changed for good: as a rule it went on on another machine there."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from whisperwave.reports.histories.history import Series

Floats = NDArray[np.float64]

WINDOW = 80  # steps that are compared, before a place and after it
LEAST_RATIO = 1.15
_NOISES = 2.0  # how many times the change must pass the usual spread of the steps


def lasting_changes(seconds: Series) -> tuple[int, ...]:
    """The steps before which the seconds per step changed by `LEAST_RATIO` or more, for good.

    Medians of `WINDOW` values before and after are compared, so a pause of some steps, or the slow
    first step after a start, is no change.
    """
    known = seconds.finite
    positive = known.values > 0.0
    steps, values = known.steps[positive], np.log(known.values[positive])
    if len(values) < 2 * WINDOW:
        return ()
    windows = sliding_window_view(values, WINDOW)
    middle = np.median(windows, axis=1)
    spread = np.median(np.abs(windows - middle[:, None]), axis=1)
    change = np.abs(middle[WINDOW:] - middle[:-WINDOW])  # before value WINDOW + i
    noise = np.maximum(spread[WINDOW:], spread[:-WINDOW])
    found: list[int] = []
    score = np.where(change >= np.maximum(np.log(LEAST_RATIO), _NOISES * noise), change, 0.0)
    while score.max() > 0.0:
        place = _edge(values, int(np.argmax(score)) + WINDOW)
        found.append(int(steps[place]))
        score[max(0, place - 2 * WINDOW) : place] = 0.0
    return tuple(sorted(found))


def _edge(values: Floats, near: int) -> int:
    """The place near a change that parts the values best: the least squares of two constants."""
    first, last = near - WINDOW, near + WINDOW
    part = values[first:last]
    costs = [
        np.abs(part[:cut] - np.median(part[:cut])).sum()
        + np.abs(part[cut:] - np.median(part[cut:])).sum()
        for cut in range(WINDOW // 2, len(part) - WINDOW // 2)
    ]
    return first + WINDOW // 2 + int(np.argmin(costs))
