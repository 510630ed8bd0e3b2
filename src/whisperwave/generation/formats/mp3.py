"""MP3, variable bit rate, with an ID3v2.4 tag of our own in front.

The library would write ID3v1, whose fields end after thirty characters.
"""

import shutil
import struct
import tempfile
from collections.abc import Iterable
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from whisperwave.errors import OutputError
from whisperwave.generation.libsndfile import encode_with
from whisperwave.generation.tags import Tags

RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
_UTF8 = b"\x03"


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
    """Write a sound that comes in ``blocks [C, n]``.

    Raises:
        OutputError: a sample rate that MP3 does not have.
    """
    if sample_rate not in RATES:
        raise OutputError(
            "BAD_RATE", f"MP3 has no sample rate of {sample_rate} Hz.",
            f"Use one of {', '.join(map(str, RATES))}, or another format.",
        )  # fmt: skip
    # The encoder wants a file of its own: it comes back to the beginning when it has ended.
    with tempfile.TemporaryFile() as frames:
        encode_with(
            frames, blocks, channels, sample_rate, None, format="MP3", subtype="MPEG_LAYER_III",
            bitrate_mode="VARIABLE", compression_level=0.2,
        )  # fmt: skip
        frames.seek(0)
        file.write(_id3(tags))
        shutil.copyfileobj(frames, file)


def _id3(tags: Tags) -> bytes:
    comment = _UTF8 + b"eng" + b"\0" + tags.comment.encode()
    body = (
        _frame(b"TIT2", _UTF8 + tags.title.encode())
        + _frame(b"TPE1", _UTF8 + tags.artist.encode())
        + _frame(b"TSSE", _UTF8 + tags.software.encode())
        + _frame(b"COMM", comment)
    )
    return b"ID3" + bytes([4, 0, 0]) + _synchsafe(len(body)) + body


def _frame(name: bytes, body: bytes) -> bytes:
    return name + _synchsafe(len(body)) + struct.pack(">H", 0) + body


def _synchsafe(size: int) -> bytes:
    """Seven bits a byte, so that a size never looks like the start of an MP3 frame."""
    return bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0))
