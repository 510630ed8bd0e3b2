"""Silence at the ends of a recording, cut off; silence inside it is part of the sound."""

import numpy as np
from numpy.typing import NDArray

FRAME_SECONDS = 0.02
MARGIN_SECONDS = 0.1


def trimmed(
    audio: NDArray[np.float32], sample_rate: int, below_db: float | None
) -> NDArray[np.float32]:
    """Cut what lies more than ``below_db`` under the loudest frame off both ends.

    A tenth of a second is left on each side. None, and a sound of silence alone, cut nothing.
    """
    return audio[heard_part(audio, sample_rate, below_db)]


def heard_part(audio: NDArray[np.float32], sample_rate: int, below_db: float | None) -> slice:
    """The samples that `trimmed` leaves."""
    whole, frame = slice(0, len(audio)), round(FRAME_SECONDS * sample_rate)
    count = len(audio) // frame
    if below_db is None or count == 0:
        return whole
    power = np.square(audio[: count * frame], dtype=np.float64).reshape(count, frame).mean(axis=1)
    heard = np.flatnonzero(power > power.max() * 10.0 ** (-below_db / 10.0))
    if len(heard) == 0:
        return whole
    margin = round(MARGIN_SECONDS * sample_rate)
    start = max(0, int(heard[0]) * frame - margin)
    return slice(start, min(len(audio), (int(heard[-1]) + 1) * frame + margin))
