"""Silence at the ends of a recording, cut off; silence inside it is part of the sound.

Where it is not, as between the phrases of a singer, `heard_parts` finds what lies between.
"""

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
    """The samples of ``audio`` ``[..., T]`` that `trimmed` leaves."""
    length = audio.shape[-1]
    heard = np.empty(0, np.intp) if below_db is None else _heard(audio, sample_rate, below_db)
    return _around(heard[[0, -1]], length, sample_rate) if len(heard) else slice(0, length)


def heard_parts(
    audio: NDArray[np.float32], sample_rate: int, below_db: float, gap_seconds: float
) -> list[slice]:
    """The parts of ``audio`` ``[..., T]`` between silences of ``gap_seconds`` or more, in order.

    A tenth of a second is left on each side of a part, or half of the silence where that is less,
    so that no sample is in two parts.
    """
    heard = _heard(audio, sample_rate, below_db)
    if len(heard) == 0:
        return [slice(0, audio.shape[-1])]
    frame = round(FRAME_SECONDS * sample_rate)
    breaks = np.flatnonzero((np.diff(heard) - 1) * frame >= gap_seconds * sample_rate)
    runs = np.split(heard, breaks + 1)
    parts = [_around(run[[0, -1]], audio.shape[-1], sample_rate) for run in runs]
    return _apart(parts)


def _heard(audio: NDArray[np.float32], sample_rate: int, below_db: float) -> NDArray[np.intp]:
    """Which frames lie no more than ``below_db`` under the loudest; none in silence."""
    frame = round(FRAME_SECONDS * sample_rate)
    count = audio.shape[-1] // frame
    squares = np.square(audio[..., : count * frame], dtype=np.float64)
    power = squares.reshape(-1, count, frame).mean(axis=(0, 2)) if count else np.zeros(1)
    return np.flatnonzero(power > power.max() * 10.0 ** (-below_db / 10.0))


def _around(ends: NDArray[np.intp], length: int, sample_rate: int) -> slice:
    """The samples from the first frame to the last, and the margin."""
    frame, margin = round(FRAME_SECONDS * sample_rate), round(MARGIN_SECONDS * sample_rate)
    first, last = (int(end) for end in ends)
    return slice(max(0, first * frame - margin), min(length, (last + 1) * frame + margin))


def _apart(parts: list[slice]) -> list[slice]:
    """Parts whose margins meet are parted in the middle."""
    for index in range(len(parts) - 1):
        stop, start = parts[index].stop, parts[index + 1].start
        if stop > start:
            middle = (stop + start) // 2
            parts[index] = slice(parts[index].start, middle)
            parts[index + 1] = slice(middle, parts[index + 1].stop)
    return parts
