"""Encoding through libsndfile, into memory, so that only a finished file ever reaches the disk."""

import io
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from whisperwave.generation.tags import Tags

# libsndfile's Vorbis encoder overflows its stack when it is given a long sound at once.
_BLOCK = 65_536


def encode_with(
    audio: NDArray[np.float32], sample_rate: int, tags: Tags | None, **how: Any
) -> bytes:
    """``audio [C, T]`` in the format that ``how`` (soundfile's own words) names."""
    memory = io.BytesIO()
    with soundfile.SoundFile(
        memory, "w", samplerate=sample_rate, channels=len(audio), **how
    ) as file:
        if tags is not None:
            file.title, file.artist = tags.title, tags.artist
            file.comment, file.software = tags.comment, tags.software
        for start in range(0, audio.shape[-1], _BLOCK):
            file.write(audio[:, start : start + _BLOCK].T)
    return memory.getvalue()
