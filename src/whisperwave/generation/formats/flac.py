"""FLAC, 24-bit, lossless."""

from collections.abc import Iterable
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from whisperwave.generation.libsndfile import encode_with
from whisperwave.generation.tags import Tags


def most_samples(_channels: int) -> None:
    """Nothing that anybody could wait for."""


def write(
    file: BinaryIO,
    blocks: Iterable[NDArray[np.float32]],
    channels: int,
    sample_rate: int,
    tags: Tags,
    _serial: int,
) -> None:
    """Write a sound that comes in ``blocks [C, n]``."""
    encode_with(file, blocks, channels, sample_rate, tags, format="FLAC", subtype="PCM_24")
