"""FLAC, 24-bit, lossless."""

import numpy as np
from numpy.typing import NDArray

from whisperwave.generation.libsndfile import encode_with
from whisperwave.generation.tags import Tags


def encode(audio: NDArray[np.float32], sample_rate: int, tags: Tags, _serial: int) -> bytes:
    """``audio [C, T]`` as the bytes of a FLAC file."""
    return encode_with(audio, sample_rate, tags, format="FLAC", subtype="PCM_24")
