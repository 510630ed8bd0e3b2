"""Random choices outside the sampler: where slices and grains begin.

Streams of one seed are independent; the sampler draws from stream 0.
"""

import numpy as np
from numpy.typing import NDArray

from whisperwave.runtimes.philox import random_bits

PRIME = 1
GRAINS = 2


def uniforms(seed: int, stream: int, count: int) -> NDArray[np.float64]:
    """The first ``count`` numbers of a stream, in [0, 1), shape ``[count]``."""
    return np.array([random_bits(seed, stream, place) / 2**32 for place in range(count)])
