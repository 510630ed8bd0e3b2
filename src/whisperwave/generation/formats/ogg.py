"""Ogg Vorbis, with a stream serial of our own.

libsndfile draws the serial from the clock; every page is given ours and its checksum again.
Page layout after RFC 3533.
"""

import struct
import zlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from whisperwave.generation.libsndfile import encode_with
from whisperwave.generation.tags import Tags

_SERIAL = slice(14, 18)
_CHECKSUM = slice(22, 26)
_SEGMENTS = 26
_HEADER = 27
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def encode(audio: NDArray[np.float32], sample_rate: int, tags: Tags, serial: int) -> bytes:
    """``audio [C, T]`` as the bytes of an Ogg Vorbis file; ``serial`` is taken modulo 2^32."""
    raw = encode_with(
        audio, sample_rate, tags, format="OGG", subtype="VORBIS", compression_level=0.3
    )
    return with_serial(raw, serial)


def with_serial(data: bytes, serial: int) -> bytes:
    """The same pages under another serial number."""
    return b"".join(_reserialled(page, serial) for page in pages(data))


def pages(data: bytes) -> Iterator[bytes]:
    """Cut an Ogg file into its pages."""
    start = 0
    while start < len(data):
        table = start + _HEADER
        body = table + data[start + _SEGMENTS]
        end = body + sum(data[table:body])
        yield data[start:end]
        start = end


def checksum(page: bytes) -> int:
    """The page's CRC: polynomial 0x04C11DB7, most significant bit first, nothing inverted.

    zlib's CRC has the same polynomial with the bits of every byte the other way round and both ends
    inverted; undoing that is faster than any loop of ours.
    """
    blank = page[: _CHECKSUM.start] + bytes(4) + page[_CHECKSUM.stop :]
    mirrored = zlib.crc32(blank.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)


def _reserialled(page: bytes, serial: int) -> bytes:
    number = struct.pack("<I", serial % 2**32)
    page = page[: _SERIAL.start] + number + page[_SERIAL.stop :]
    return page[: _CHECKSUM.start] + struct.pack("<I", checksum(page)) + page[_CHECKSUM.stop :]
