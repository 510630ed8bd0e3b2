"""AIFF and AIFF-C: big-endian chunks, and a sample rate as an 80-bit floating-point number."""

import struct
from collections.abc import Iterator
from itertools import islice

from whisperwave.library.containers.header import (
    Header,
    checked_channels,
    checked_rate,
    header_truncated,
    mismatch,
    unsupported_bits,
    unsupported_codec,
)

_MOST_CHUNKS = 10_000
_CODECS = (b"NONE", b"twos", b"sowt", b"fl32", b"FL32", b"fl64", b"FL64",
           b"ulaw", b"ULAW", b"alaw", b"ALAW")  # fmt: skip
_EXPONENT_BIAS = 16383 + 63


def examine(content: bytes) -> Header:
    """Check an AIFF file's header against its length.

    Raises:
        AudioError: the header is cut, contradicts itself, or asks for what is not read.
    """
    chunks: dict[bytes, tuple[int, int]] = {}
    for name, start, size in islice(_chunks(content), _MOST_CHUNKS):
        chunks.setdefault(name, (start, size))
    if b"COMM" not in chunks or b"SSND" not in chunks:
        raise header_truncated(len(content))
    rate, frames = _common(content, *chunks[b"COMM"])
    start, size = chunks[b"SSND"]
    return Header("AIFF", rate, expected_frames=frames, is_cut=start + size > len(content))


def _chunks(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    offset = 12
    while offset + 8 <= len(content):
        name, size = struct.unpack_from(">4sI", content, offset)
        yield name, offset + 8, size
        offset += 8 + size + size % 2


def _common(content: bytes, start: int, size: int) -> tuple[int, int]:
    """Sample rate and number of frames."""
    if start + max(size, 18) > len(content):
        raise header_truncated(len(content))
    channels, frames, bits, exponent, mantissa = struct.unpack_from(">HIHHQ", content, start)
    checked_channels(channels)
    if bits not in (8, 16, 24, 32, 64):
        raise unsupported_bits(bits)
    codec = content[start + 18 : start + 22] if size >= 22 else b"NONE"
    if codec not in _CODECS:
        raise unsupported_codec(f"AIFF-C {codec!r}")
    return checked_rate(_integer(exponent, mantissa)), frames


def _integer(exponent: int, mantissa: int) -> int:
    """The 80-bit number, which for a sample rate is a positive integer below 2**63."""
    shift = _EXPONENT_BIAS - exponent
    if not 0 <= shift < 64:
        raise mismatch(f"The sample rate has exponent {exponent}.")
    return mantissa >> shift
