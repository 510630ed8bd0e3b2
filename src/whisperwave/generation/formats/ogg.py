"""Ogg Vorbis, with a stream serial of our own.

libsndfile draws the serial from the clock; every page is given ours and its checksum again.
Page layout after RFC 3533.
"""

import os
import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from whisperwave.generation.libsndfile import encode_with
from whisperwave.generation.tags import Tags

_SERIAL = slice(14, 18)
_CHECKSUM = slice(22, 26)
_SEGMENTS = 26
_HEADER = 27
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def most_samples(_channels: int) -> None:
    """Nothing that anybody could wait for."""


def write(
    file: BinaryIO,
    blocks: Iterable[NDArray[np.float32]],
    channels: int,
    sample_rate: int,
    tags: Tags,
    serial: int,
) -> None:
    """Write a sound that comes in ``blocks [C, n]``; ``serial`` is taken modulo 2^32."""
    encode_with(
        file, blocks, channels, sample_rate, tags, format="OGG", subtype="VORBIS",
        compression_level=0.3,
    )  # fmt: skip
    give_serial(file, serial)


def give_serial(file: BinaryIO, serial: int) -> None:
    """Put every page of an Ogg file under another serial number, in place."""
    file.seek(0)
    for page in pages(file):
        file.seek(-len(page), os.SEEK_CUR)
        file.write(_reserialled(page, serial))


def pages(file: BinaryIO) -> Iterator[bytes]:
    """An Ogg file from where it stands, page by page."""
    while header := file.read(_HEADER):
        table = file.read(header[_SEGMENTS])
        yield header + table + file.read(sum(table))


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
