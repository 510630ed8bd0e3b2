"""Random choices outside the sampler: where slices, grains and moments begin.

Streams of one seed are independent; the sampler draws from stream 0.
"""

import numpy as np
from numpy.typing import NDArray

from whisperwave.runtimes.philox import random_bits

PRIME = 1
GRAINS = 2
OUTLINE = 3  # and those after it: one for each style of a piece


def uniforms(seed: int, stream: int, count: int, start: int = 0) -> NDArray[np.float64]:
    """Numbers ``start`` to ``start + count`` of a stream, in [0, 1), shape ``[count]``."""
    places = range(start, start + count)
    return np.array([random_bits(seed, stream, place) / 2**32 for place in places])
