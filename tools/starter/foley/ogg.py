"""Ogg Vorbis files that come out the same every time.

The encoder marks each stream with a random serial number, so two writings of the same audio
differ. The number is set to a fixed one and each page's checksum is made anew (RFC 3533).
"""

import io
import struct
from itertools import pairwise

import soundfile

from foley.noise import Array

SERIAL = 0x57573031
SERIAL_AT, CHECKSUM_AT, SEGMENTS_AT, HEADER_BYTES = 14, 22, 26, 27
POLYNOMIAL = 0x04C11DB7


def _table_entry(byte: int) -> int:
    remainder = byte << 24
    for _ in range(8):
        remainder = (remainder << 1) ^ (POLYNOMIAL if remainder & 0x80000000 else 0)
    return remainder & 0xFFFFFFFF


TABLE = tuple(_table_entry(byte) for byte in range(256))


def encode(audio: Array, sample_rate: int, compression: float) -> bytes:
    """An Ogg Vorbis file of [C, T]; `compression` 0 is the best and largest, 1 the smallest."""
    file = io.BytesIO()
    soundfile.write(
        file, audio.T, sample_rate, format="OGG", subtype="VORBIS", compression_level=compression
    )
    return with_serial(file.getvalue(), SERIAL)


def with_serial(stream: bytes, serial: int) -> bytes:
    """The same Ogg stream under another serial number."""
    bounds = [*page_starts(stream), len(stream)]
    return b"".join(_renumbered(stream[start:end], serial) for start, end in pairwise(bounds))


def page_starts(stream: bytes) -> list[int]:
    """Where each Ogg page begins."""
    starts, at = [], 0
    while at < len(stream):
        starts.append(at)
        table = at + HEADER_BYTES
        segments = stream[at + SEGMENTS_AT]
        at = table + segments + sum(stream[table : table + segments])
    return starts


def _renumbered(page: bytes, serial: int) -> bytes:
    marked = bytearray(page)
    struct.pack_into("<I", marked, SERIAL_AT, serial)
    struct.pack_into("<I", marked, CHECKSUM_AT, 0)
    struct.pack_into("<I", marked, CHECKSUM_AT, checksum(marked))
    return bytes(marked)


def checksum(page: bytes | bytearray) -> int:
    """Ogg's CRC-32: not reflected, starting from 0."""
    value = 0
    for byte in page:
        value = ((value << 8) & 0xFFFFFFFF) ^ TABLE[(value >> 24) ^ byte]
    return value
