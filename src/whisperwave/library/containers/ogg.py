"""Ogg (RFC 3533) with Vorbis or Opus inside: pages with a checksum, a number and a position."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from whisperwave.library.containers.chunks import junk_notes
from whisperwave.library.containers.header import (
    Header,
    checked_channels,
    checked_rate,
    header_truncated,
    unsupported_codec,
)

_PAGE_HEADER = 27
_LAST = 0x04
_MOST_PAGES = 500_000  # days of sound
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True)
class _Page:
    flags: int
    granule: int
    serial: int
    sequence: int
    is_sound: bool
    payload: bytes
    end: int


def examine(content: bytes) -> Header:
    """Walk every page: checksums, sequence, and the position that the last one gives.

    Raises:
        AudioError: the header is cut, or the sound inside is not Vorbis or Opus.
    """
    pages = tuple(islice(_pages(content), _MOST_PAGES))
    if not pages:
        raise header_truncated(len(content))
    rate, skipped = _codec(pages[0].payload)
    is_cut = not pages[-1].flags & _LAST
    positions = [max(page.granule - skipped, 0) for page in pages]
    junk = 0 if is_cut else len(content) - pages[-1].end
    return Header(
        "Ogg",
        rate,
        expected_frames=None if is_cut else max(positions),
        is_cut=is_cut,
        damage=_damage(pages),
        # A stream cut from a longer one rightly begins at any position, which its first page tells
        # only together with the sound in it.
        tolerance=next(filter(None, positions), 0),
        notes=junk_notes(junk),
        end=pages[-1].end if junk else None,
    )


def _pages(content: bytes) -> Iterator[_Page]:
    """The complete pages, up to the first that is none."""
    offset = 0
    while content.startswith(b"OggS", offset) and offset + _PAGE_HEADER <= len(content):
        flags, granule, serial, sequence, checksum, segments = struct.unpack_from(
            "<xBqIIIB", content, offset + 4
        )
        body = offset + _PAGE_HEADER + segments
        end = body + sum(content[offset + _PAGE_HEADER : body])
        if end > len(content):
            return
        is_sound = _checksum(content[offset:end]) == checksum
        start_of_body = content[body : min(end, body + 64)]
        yield _Page(flags, granule, serial, sequence, is_sound, start_of_body, end)
        offset = end


def _checksum(page: bytes) -> int:
    """Ogg's CRC-32: zlib's polynomial, with bits in the other order and no inversion."""
    blanked = page[:22] + bytes(4) + page[26:]
    register = zlib.crc32(blanked.translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(register.to_bytes(4).translate(_MIRRORED)[::-1])


def _codec(packet: bytes) -> tuple[int, int]:
    """Rate of the positions, and how many frames at the start are not sound."""
    if packet.startswith(b"\x01vorbis") and len(packet) >= 16:
        checked_channels(packet[11])
        return checked_rate(int.from_bytes(packet[12:16], "little")), 0
    if packet.startswith(b"OpusHead") and len(packet) >= 12:
        checked_channels(packet[9])
        return 48_000, int.from_bytes(packet[10:12], "little")
    raise unsupported_codec(f"Ogg {packet[:8]!r}")


def _damage(pages: tuple[_Page, ...]) -> str:
    if not all(page.is_sound for page in pages):
        broken = sum(not page.is_sound for page in pages)
        return f"{broken} of {len(pages)} pages do not match their checksum"
    if len({page.serial for page in pages}) > 1:
        return "it holds several streams, and only the first would be read"
    if [page.sequence for page in pages] != list(range(len(pages))):
        return "pages are missing from its middle"
    return ""
