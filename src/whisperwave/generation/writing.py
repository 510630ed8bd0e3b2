"""Writing a generated sound: the format by the file's extension, the file whole or not at all."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from whisperwave import registry
from whisperwave.errors import OutputError
from whisperwave.generation.tags import Tags
from whisperwave.library import durable

_ROOM = "generation.formats"


def check_output(path: Path) -> None:
    """Refuse, before any work is done, an output that could not be written.

    Raises:
        OutputError: an unknown extension, a missing folder, or a folder's name.
    """
    _format_of(path)
    if path.is_dir():
        raise OutputError("IS_A_FOLDER", f"{str(path)!r} is a folder.", "Give the name of a file.")
    if not path.parent.is_dir():
        raise OutputError(
            "NO_SUCH_FOLDER", f"there is no folder {str(path.parent)!r}.",
            "Make the folder first, or choose another.",
        )  # fmt: skip


def most_samples(path: Path, channels: int) -> int | None:
    """How many samples the format can hold; None if nobody could wait for its end."""
    most: int | None = registry.find(_ROOM, _format_of(path)).most_samples(channels)
    return most


def write_sound(
    path: Path,
    blocks: Iterable[NDArray[np.float32]],
    channels: int,
    sample_rate: int,
    tags: Tags,
    serial: int,
) -> None:
    """Write a sound to ``path`` as it comes; the same arguments give the same bytes.

    The file takes its name when the sound has ended.

    Args:
        path: its extension names the format: wav, flac, ogg or mp3.
        blocks: float32 ``[C, n]`` in [-1, 1].
        channels: of the sound.
        sample_rate: in Hz.
        tags: what the file says about itself.
        serial: identifies the stream in an Ogg file; the seed of the piece.

    Raises:
        OutputError: the format is unknown or refuses the rate, or the disk refuses the file.
    """
    encoder = registry.find(_ROOM, _format_of(path))
    with durable.replacing(path) as temporary, temporary.open("w+b") as file:
        encoder.write(file, blocks, channels, sample_rate, tags, serial)


def _format_of(path: Path) -> str:
    name = path.suffix.lower().removeprefix(".")
    known = registry.names(_ROOM)
    if name not in known:
        raise OutputError(
            "UNKNOWN_FORMAT", f"{path.name!r} does not end in a format that can be written.",
            f"Use {', '.join('.' + each for each in known)}.",
        )  # fmt: skip
    return name
