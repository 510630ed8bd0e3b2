"""The last frame of a FLAC file, found from its end backwards (RFC 9639, section 9).

A frame has a header with a checksum of eight bits, and one of sixteen behind its samples.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_SYNC = re.compile(rb"\xff[\xf8\xf9]")
_LARGEST_FRAME = 2**20
# Sync codes near the end that may be looked at, and those among them with a sound header: samples
# contain a few of them by chance, and a hostile file as many as it likes.
_MOST_SYNCS, _MOST_CANDIDATES = 1_000, 8
_LONGEST_HEADER = 16


@dataclass(frozen=True)
class _Frame:
    """Its place among the frames, or among the samples where their sizes vary, and its size."""

    place: int
    places_are_samples: bool
    samples: int


def frames_at_end(content: bytes, start: int) -> int | None:
    """How many sample frames there are, by the FLAC frame that the file ends with.

    None if it does not end with one, or only with one that begins before ``start``.
    """
    block = int.from_bytes(content[8:10])
    for tried, (position, frame) in enumerate(_candidates(content, start)):
        if tried == _MOST_CANDIDATES:
            break
        if _crc16(content[position:]) == 0:
            before = frame.place * (1 if frame.places_are_samples else block)
            return before + frame.samples
    return None


def _candidates(content: bytes, start: int) -> Iterator[tuple[int, _Frame]]:
    """Where frames may begin, from the end of the file on backwards."""
    lowest = max(start, len(content) - _LARGEST_FRAME)
    positions = [match.start() for match in _SYNC.finditer(content, lowest)]
    for position in positions[: -_MOST_SYNCS - 1 : -1]:
        frame = _frame(content[position : position + _LONGEST_HEADER])
        if frame is not None:
            yield position, frame


def _frame(head: bytes) -> _Frame | None:
    """The frame with this header, if its checksum is right."""
    if len(head) < 6:
        return None
    size_code, rate_code = head[2] >> 4, head[2] & 0xF
    number_end = 4 + max(1, _leading_ones(head[4]))
    size_end = number_end + {6: 1, 7: 2}.get(size_code, 0)
    end = size_end + {12: 1, 13: 2, 14: 2}.get(rate_code, 0)
    if size_code == 0 or len(head) <= end or _crc8(head[:end]) != head[end]:
        return None
    stated = int.from_bytes(head[number_end:size_end]) + 1
    return _Frame(_number(head[4:number_end]), bool(head[1] & 1), _block_size(size_code, stated))


def _leading_ones(byte: int) -> int:
    return 8 - (~byte & 0xFF).bit_length()


def _number(coded: bytes) -> int:
    """A number in the manner of UTF-8."""
    number = coded[0] & (0x7F >> _leading_ones(coded[0]))
    for byte in coded[1:]:
        number = number << 6 | byte & 0x3F
    return number


def _block_size(code: int, stated: int) -> int:
    if code in (6, 7):
        return stated
    if code == 1:
        return 192
    return 576 << code - 2 if code < 6 else 256 << code - 8


def _crc8(content: bytes) -> int:
    register = 0
    for byte in content:
        register = _TABLE8[register ^ byte]
    return register


def _crc16(content: bytes) -> int:
    register = 0
    for byte in content:
        register = (register << 8 & 0xFFFF) ^ _TABLE16[register >> 8 ^ byte]
    return register


def _table(polynomial: int, bits: int) -> tuple[int, ...]:
    """What every byte does to a checksum of so many bits."""
    top, mask, entries = 1 << bits - 1, (1 << bits) - 1, []
    for byte in range(256):
        register = byte << bits - 8
        for _ in range(8):
            register = (register << 1 ^ (polynomial if register & top else 0)) & mask
        entries.append(register)
    return tuple(entries)


_TABLE8, _TABLE16 = _table(0x07, 8), _table(0x8005, 16)
