"""Encoding through libsndfile, beside the output, which only a finished file ever reaches."""

import tempfile
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from whisperwave.errors import OutputError
from whisperwave.generation.tags import Tags

# libsndfile's Vorbis encoder overflows its stack when it is given a long sound at once.
_BLOCK = 65_536


def encode_with(
    audio: NDArray[np.float32], sample_rate: int, tags: Tags | None, **how: Any
) -> bytes:
    """``audio [C, T]`` in the format that ``how`` (soundfile's own words) names.

    Raises:
        OutputError: ``NOT_ENCODED``, there is no room for the temporary file.
    """
    try:
        with tempfile.TemporaryFile() as scratch:
            _write(scratch.fileno(), audio, sample_rate, tags, how)
            scratch.seek(0)
            return scratch.read()
    except (OSError, soundfile.LibsndfileError, AssertionError) as error:
        raise OutputError(
            "NOT_ENCODED",
            f"the sound could not be encoded: {error}.",
            "Make room for temporary files, or choose another format.",
        ) from error


def _write(
    file_descriptor: int,
    audio: NDArray[np.float32],
    sample_rate: int,
    tags: Tags | None,
    how: dict[str, Any],
) -> None:
    # Into a file, not into Python's memory: libsndfile would call Python for every write, and a
    # Ctrl-C that is raised in such a call is lost, with what was to be written.
    with soundfile.SoundFile(
        file_descriptor, "w", samplerate=sample_rate, channels=len(audio), closefd=False, **how
    ) as file:
        if tags is not None:
            file.title, file.artist = tags.title, tags.artist
            file.comment, file.software = tags.comment, tags.software
        for start in range(0, audio.shape[-1], _BLOCK):
            file.write(audio[:, start : start + _BLOCK].T)
