"""The least and the mean of neighbouring numbers."""

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]


def running_least(values: Doubles, width: int) -> Doubles:
    """The minimum of every ``width`` neighbours, ``[N]`` to ``[N - width + 1]``."""
    done = 1  # by doubling the width
    while done < width:
        step = min(done, width - done)
        values = np.minimum(values[:-step], values[step:])
        done += step
    return values


def running_mean(values: Doubles, width: int) -> Doubles:
    """The mean of every ``width`` neighbours, ``[N]`` to ``[N - width + 1]``."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    mean: Doubles = (total[width:] - total[:-width]) / width
    return mean
