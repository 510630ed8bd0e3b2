"""Encoding through libsndfile."""

from collections.abc import Iterable
from typing import Any, BinaryIO

import numpy as np
import soundfile
from numpy.typing import NDArray

from whisperwave.dsp.blocks import recut
from whisperwave.errors import OutputError
from whisperwave.generation.tags import Tags

# libsndfile's Vorbis encoder overflows its stack when it is given a long sound at once, and its
# pages depend on how much it is given.
_BLOCK = 65_536


def encode_with(
    file: BinaryIO,
    blocks: Iterable[NDArray[np.float32]],
    channels: int,
    sample_rate: int,
    tags: Tags | None,
    **how: Any,
) -> None:
    """Write ``blocks [C, n]`` into an empty file, in the format that ``how`` names.

    Args:
        file: a real one, at its beginning.
        blocks: the sound.
        channels: of the sound.
        sample_rate: in Hz.
        tags: what the file says about itself; None leaves that to the caller.
        how: soundfile's own words.

    Raises:
        OutputError: ``NOT_ENCODED``, there is no room for the file.
    """
    try:
        # By its number, not as Python's object: libsndfile would call Python for every write, and a
        # Ctrl-C that is raised in such a call is lost, with what was to be written.
        with soundfile.SoundFile(
            file.fileno(), "w", samplerate=sample_rate, channels=channels, closefd=False, **how
        ) as encoder:
            if tags is not None:
                encoder.title, encoder.artist = tags.title, tags.artist
                encoder.comment, encoder.software = tags.comment, tags.software
            for block in recut(blocks, _BLOCK):
                encoder.write(block.T)
    except (OSError, soundfile.LibsndfileError, AssertionError) as error:
        raise OutputError(
            "NOT_ENCODED",
            f"the sound could not be encoded: {error}.",
            "Make room on the disk, or choose another format.",
        ) from error
