"""AIFF and AIFF-C: big-endian chunks, and a sample rate as an 80-bit floating-point number."""

import struct
from collections.abc import Iterator
from itertools import islice

from whisperwave.library.containers.chunks import Chunk, claimed_end, junk_after, junk_notes
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
    chunks = tuple(islice(_chunks(content), _MOST_CHUNKS))
    named: dict[bytes, Chunk] = {}
    for chunk in chunks:
        named.setdefault(chunk.name, chunk)
    if b"COMM" not in named or b"SSND" not in named:
        raise header_truncated(len(content))
    rate, frames = _common(content, named[b"COMM"])
    sound = named[b"SSND"].end
    end = claimed_end(sound, (chunk for chunk in chunks if chunk.start > sound), len(content))
    junk = junk_after(end, len(content), named[b"SSND"].size)
    return Header(
        "AIFF",
        rate,
        expected_frames=frames,
        is_cut=sound > len(content),
        notes=junk_notes(junk),
        end=end if junk else None,
    )


def _chunks(content: bytes) -> Iterator[Chunk]:
    offset = 12
    while offset + 8 <= len(content):
        name, size = struct.unpack_from(">4sI", content, offset)
        yield Chunk(name, offset + 8, size)
        offset += 8 + size + size % 2


def _common(content: bytes, chunk: Chunk) -> tuple[int, int]:
    """Sample rate and number of frames."""
    if chunk.start + max(chunk.size, 18) > len(content):
        raise header_truncated(len(content))
    channels, frames, bits, exponent, mantissa = struct.unpack_from(">HIHHQ", content, chunk.start)
    checked_channels(channels)
    if bits not in (8, 16, 24, 32, 64):
        raise unsupported_bits(bits)
    codec = content[chunk.start + 18 : chunk.start + 22] if chunk.size >= 22 else b"NONE"
    if codec not in _CODECS:
        raise unsupported_codec(f"AIFF-C {codec!r}")
    return checked_rate(_integer(exponent, mantissa)), frames


def _integer(exponent: int, mantissa: int) -> int:
    """The 80-bit number, which for a sample rate is a positive integer below 2**63."""
    shift = _EXPONENT_BIAS - exponent
    if not 0 <= shift < 64:
        raise mismatch(f"The sample rate has exponent {exponent}.")
    return mantissa >> shift
