"""A sound that is as loud and as coloured as another, moment by moment, and goes its own way.

Added to one ear and taken from the other it makes a single channel wide. A short burst of sparse,
signed echoes that die away: B. Alary, A. Politis and V. Välimäki, "Velvet-noise decorrelator"
(DAFx 2017).
"""

import numpy as np
from numpy.typing import NDArray

ECHOES = 30
LENGTH_SECONDS = 0.03  # heard as width, not as a room
DECAY_DB = 40.0
_SEED = 2017  # the same echoes for every sound


def velvet_echoes(sample_rate: int) -> NDArray[np.float64]:
    """The response ``[N]`` that gives the echoes of a sound, without the sound itself."""
    draw = np.random.default_rng(_SEED)
    slot = LENGTH_SECONDS * sample_rate / ECHOES
    delays = np.unique(1 + ((np.arange(ECHOES) + draw.random(ECHOES)) * slot).astype(int))
    gains = draw.choice([-1.0, 1.0], len(delays))
    gains = gains * 10.0 ** (-DECAY_DB / 20.0 * delays / (LENGTH_SECONDS * sample_rate))
    response = np.zeros(delays[-1] + 1)
    response[delays] = gains / np.sqrt(np.sum(gains**2))
    return response
