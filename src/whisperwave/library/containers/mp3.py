"""MP3: a walk over every frame header, for the format itself says neither length nor checksum.

The first frame may be silent and hold the LAME/Xing table, which says how many frames follow and
how many samples at both ends the encoder added. The decoder guesses the length of a file without
one, and stops where its guess ends (up to half of a file with a varying bit rate was lost), so such
a file gets a table of ours on its way to the decoder.
"""

import re
import struct
from dataclasses import dataclass
from functools import lru_cache

from whisperwave.library.containers.header import Header, header_truncated

_BITRATES_KBPS = {
    1: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES_HZ = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_FARTHEST_BEGINNING = 65_536
_FARTHEST_TAG = 8_192
_UNUSED_FLAGS = {2: 0x3F, 3: 0x1F, 4: 0x0F}  # of an ID3 tag, by its version
_EXTENDED = 0x40
_FIELDS = {2: rb"[A-Z][A-Z0-9]{2}", 3: rb"[A-Z][A-Z0-9]{3}", 4: rb"[A-Z][A-Z0-9]{3}"}
_CONVINCING_FRAMES = 5
_MOST_LOST_BYTES = 1_048_576
_TAGS = (b"ID3", b"TAG", b"APETAGEX", b"LYRICSBEGIN")
_MOST_TAGS = 100
_TELLING = 0xFFFEFEC0  # the bits of a header that `_frame_of` asks for


@dataclass(frozen=True)
class _Frame:
    size: int
    samples: int
    sample_rate: int
    side_info: int


@dataclass
class _Walk:
    frames: int = 0
    samples: int = 0
    lost_bytes: int = 0
    tail_bytes: int = 0
    is_cut: bool = False


def skip_tags(content: bytes, offset: int = 0) -> int:
    """The first byte from ``offset`` on that is in no tag (pictures make them megabytes long)."""
    if content.startswith(b"\xff", offset):  # as a frame does; no tag begins so
        return offset
    for _ in range(_MOST_TAGS):
        after = _after_tag(content, offset)
        if after == offset:
            break
        offset = after
    return offset


def begin(content: bytes, offset: int) -> int | None:
    """Where the first frame is, at most 64 KiB after ``offset``; None if this is no MP3.

    Four header bytes are soon found by chance, so behind junk a frame counts only with more after.
    """
    if _is_chain(content, offset, 2):
        return offset
    end = min(len(content), offset + _FARTHEST_BEGINNING)
    while (offset := content.find(b"\xff", offset + 1, end)) >= 0:
        if _is_chain(content, offset, _CONVINCING_FRAMES):
            return offset
    return None


def junk_before_tag(content: bytes) -> int:
    """How many bytes of junk stand before an ID3 tag, at most 8 KiB; 0 where there is none.

    Three letters are soon found by chance: the tag must be well formed up to its first field, and
    end before the first frame, if that is in sight. What begins with a tag has no junk before one.
    """
    if skip_tags(content):
        return 0
    first = begin(content, 0)
    farthest = _FARTHEST_TAG if first is None else min(first, _FARTHEST_TAG)
    at = 0
    while (at := content.find(b"ID3", at + 1, farthest + len(b"ID3"))) >= 0:
        if _is_well_formed(content, at) and (first is None or skip_tags(content, at) <= first):
            return at
    return 0


def examine(content: bytes) -> Header:
    """Count frames and compare with what the table in the first one promises.

    Raises:
        AudioError: the file ends before its first frame.
    """
    junk = junk_before_tag(content)
    tags = skip_tags(content, junk)
    start = begin(content, tags)
    first = None if start is None else _frame(content, start)
    if start is None or first is None:
        raise header_truncated(len(content))
    junk += start - tags
    notes = [f"JUNK_BEFORE: {junk} bytes before the sound."] if junk else []
    promised = _table(content, start, first)
    music = start if promised is None else start + first.size
    walk = _walk(content, music)
    if walk.tail_bytes:
        notes.append(f"JUNK_AFTER: {walk.tail_bytes} bytes after the sound.")
    if promised is not None and walk.frames <= promised[0]:
        return _as_promised(start, first, walk, promised, tuple(notes))
    if promised is not None:
        notes.append(f"LONGER: the table says {promised[0]} frames, {walk.frames} are there.")
    return _as_counted(content, music, walk, tuple(notes))


def _as_promised(
    start: int, first: _Frame, walk: _Walk, promised: tuple[int, int], notes: tuple[str, ...]
) -> Header:
    frames, padding = promised
    lost = f"{walk.lost_bytes} bytes are not MP3 frames" if walk.lost_bytes else ""
    return Header(
        "MP3",
        first.sample_rate,
        expected_frames=max(frames * first.samples - padding, 0),
        is_cut=walk.is_cut or (walk.frames < frames and not lost),
        damage=lost,
        tolerance=first.samples // 2,
        notes=notes,
        skip=start,
    )


def _as_counted(content: bytes, music: int, walk: _Walk, notes: tuple[str, ...]) -> Header:
    first = _frame(content, music)
    if first is None:
        raise header_truncated(len(content))
    return Header(
        "MP3",
        first.sample_rate,
        expected_frames=walk.samples,
        is_cut=walk.is_cut,
        damage=f"{walk.lost_bytes} bytes are not MP3 frames" if walk.lost_bytes else "",
        tolerance=first.samples,
        notes=notes,
        skip=music,
        prefix=_own_table(content[music : music + 4], first, walk.frames),
    )


def _own_table(header: bytes, frame: _Frame, frames: int) -> bytes:
    """A silent frame that says how many follow; nothing if frames are too small for that."""
    unprotected = bytes([header[0], header[1] | 1, *header[2:]])
    table = b"Xing" + (1).to_bytes(4) + frames.to_bytes(4)
    silent = (unprotected + bytes(frame.side_info) + table).ljust(frame.size, b"\0")
    return silent if len(silent) == frame.size else b""


def _frame(content: bytes, offset: int) -> _Frame | None:
    """The layer III frame whose four header bytes stand at ``offset``."""
    if offset + 4 > len(content):
        return None
    (word,) = struct.unpack_from(">I", content, offset)
    return _frame_of(word & _TELLING)


@lru_cache(maxsize=1024)
def _frame_of(word: int) -> _Frame | None:
    """The frame that four header bytes announce; a file has few different ones."""
    version, layer = word >> 19 & 3, word >> 17 & 3
    bitrate, rate, padding = word >> 12 & 15, word >> 10 & 3, word >> 9 & 1
    is_header = word >> 21 == 0x7FF and version != 1 and layer == 1
    if not is_header or bitrate in (0, 15) or rate == 3:
        return None
    is_mono = word >> 6 & 3 == 3
    sample_rate = _RATES_HZ[version][rate]
    samples = 1152 if version == 3 else 576
    kbps = _BITRATES_KBPS[1 if version == 3 else 2][bitrate]
    size = samples // 8 * kbps * 1000 // sample_rate + padding
    side_info = (17 if is_mono else 32) if version == 3 else (9 if is_mono else 17)
    return _Frame(size, samples, sample_rate, side_info)


def _table(content: bytes, start: int, first: _Frame) -> tuple[int, int] | None:
    """Frames that follow, and samples that the encoder added; None without a table."""
    offset = start + 4 + first.side_info
    if content[offset : offset + 4] not in (b"Xing", b"Info"):
        return None
    flags = int.from_bytes(content[offset + 4 : offset + 8])
    if not flags & 1:
        return None
    frames = int.from_bytes(content[offset + 8 : offset + 12])
    lame = offset + 8 + sum(size for bit, size in ((1, 4), (2, 4), (4, 100), (8, 4)) if flags & bit)
    if not content[lame : lame + 4].strip(b"\0"):
        return frames, 0
    delays = int.from_bytes(content[lame + 21 : lame + 24])
    return frames, (delays >> 12) + (delays & 0xFFF)


def _walk(content: bytes, offset: int) -> _Walk:
    walk = _Walk()
    while (offset := skip_tags(content, offset)) < len(content):
        frame = _frame(content, offset)
        if frame is None:
            found = _next_frame(content, offset, _MOST_LOST_BYTES - walk.lost_bytes)
            if found is None:
                walk.tail_bytes = len(content) - offset
                break
            walk.lost_bytes += found - offset
            offset = found
        elif offset + frame.size > len(content):
            walk.is_cut = True
            break
        else:
            walk.frames += 1
            walk.samples += frame.samples
            offset += frame.size
    return walk


def _next_frame(content: bytes, offset: int, farthest: int) -> int | None:
    end = offset + farthest
    while (offset := content.find(b"\xff", offset + 1, end)) >= 0:
        if _is_chain(content, offset, 2):
            return offset
    return None


def _is_chain(content: bytes, offset: int, length: int) -> bool:
    """Whether ``length`` frames, or fewer up to the file's end or a tag, follow each other here."""
    for found in range(length):
        frame = _frame(content, offset)
        if frame is None:
            return found > 0 and (offset >= len(content) or _is_tag(content, offset))
        offset += frame.size
    return True


def _is_tag(content: bytes, offset: int) -> bool:
    return content.startswith(_TAGS, offset)


def _is_well_formed(content: bytes, offset: int) -> bool:
    """Whether the letters ID3 begin a tag: its header, and in it a first field that is no longer.

    One with an extended header is not told from chance here.
    """
    header, field = content[offset : offset + 10], content[offset + 10 : offset + 20]
    if len(field) < 10 or header[3] not in _FIELDS or header[4] == 0xFF:
        return False
    version, flags = header[3], header[5]
    if flags & (_UNUSED_FLAGS[version] | (_EXTENDED if version > 2 else 0)):
        return False
    if not re.match(_FIELDS[version], field) or any(byte & 0x80 for byte in header[6:]):
        return False
    size = int.from_bytes(field[3:6]) if version == 2 else int.from_bytes(field[4:8])
    if version == 4:
        size = _seven_bits(field[4:8])
    return 0 < size < _seven_bits(header[6:])


def _seven_bits(size: bytes) -> int:
    """A size of four bytes with seven bits each."""
    a, b, c, d = size
    return a << 21 | b << 14 | c << 7 | d


def _after_tag(content: bytes, offset: int) -> int:
    """Where the tag that starts at ``offset`` ends; ``offset`` itself if there is none."""
    if content.startswith(b"ID3", offset) and offset + 10 <= len(content):
        footer = 10 if content[offset + 5] & 0x10 else 0
        return offset + 10 + _seven_bits(content[offset + 6 : offset + 10]) + footer
    if content.startswith(b"APETAGEX", offset):
        return offset + 32 + int.from_bytes(content[offset + 12 : offset + 16], "little")
    if content.startswith(b"LYRICSBEGIN", offset):
        return max(offset, content.find(b"LYRICS200", offset) + 9)
    return offset + 128 if content.startswith(b"TAG", offset) else offset
