"""WAV, 24-bit PCM, with its tags in a LIST/INFO chunk.

Our own writer: the usual library stamps the time into a PEAK chunk, so that no two files agree.
Layout after Microsoft and IBM, "Multimedia Programming Interface and Data Specifications 1.0".
"""

import struct
from collections.abc import Iterable
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from whisperwave.errors import OutputError
from whisperwave.generation.tags import Tags

BYTES_PER_SAMPLE = 3
_PCM = 1
_LARGEST = 2**32 - 8
_ROOM_FOR_TAGS = 2**16
_SIZE = struct.Struct("<I")


def most_samples(channels: int) -> int:
    """How many samples a file can say that it holds: four gibibytes."""
    return (_LARGEST - _ROOM_FOR_TAGS) // (channels * BYTES_PER_SAMPLE)


def write(
    file: BinaryIO,
    blocks: Iterable[NDArray[np.float32]],
    channels: int,
    sample_rate: int,
    tags: Tags,
    _serial: int,
) -> None:
    """Write a sound that comes in ``blocks [C, n]``; its size is put in when it has ended.

    Raises:
        OutputError: more than the four gibibytes that a WAV file can say it holds.
    """
    chunks = _chunk(b"fmt ", _format(channels, sample_rate)) + _chunk(b"LIST", _info(tags))
    file.write(b"RIFF" + _SIZE.pack(0) + b"WAVE" + chunks + b"data" + _SIZE.pack(0))
    begin, samples = file.tell(), 0
    for block in blocks:
        samples += block.shape[1]
        if samples > most_samples(channels):
            raise OutputError("TOO_LONG", f"{samples} samples are too many for WAV.", "Use .flac.")
        file.write(_pcm24(block))
    size = file.tell() - begin
    file.write(b"\0" * (size % 2))
    _put(file, 4, file.tell() - 8)
    _put(file, begin - 4, size)


def _put(file: BinaryIO, place: int, size: int) -> None:
    file.seek(place)
    file.write(_SIZE.pack(size))


def _format(channels: int, sample_rate: int) -> bytes:
    frame = channels * BYTES_PER_SAMPLE
    rates = (sample_rate, sample_rate * frame)
    return struct.pack("<HHIIHH", _PCM, channels, *rates, frame, 8 * BYTES_PER_SAMPLE)


def _info(tags: Tags) -> bytes:
    fields = {b"INAM": tags.title, b"IART": tags.artist, b"ICMT": tags.comment,
              b"ISFT": tags.software}  # fmt: skip
    texts = (_chunk(name, text.encode() + b"\0") for name, text in fields.items())
    return b"INFO" + b"".join(texts)


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + _SIZE.pack(len(body)) + body + b"\0" * (len(body) % 2)


def _pcm24(audio: NDArray[np.float32]) -> bytes:
    full_scale = 2.0**23
    scaled = np.rint(audio.T.astype(np.float64) * full_scale)
    whole = np.clip(scaled, -full_scale, full_scale - 1.0).astype("<i4")
    octets = np.ascontiguousarray(whole)[..., np.newaxis].view(np.uint8)
    return octets[..., :BYTES_PER_SAMPLE].tobytes()
