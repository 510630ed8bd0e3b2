"""MP3: a walk over every frame header, for the format itself says neither length nor checksum.

The first frame may be silent and hold the LAME/Xing table, which says how many frames follow and
how many samples at both ends the encoder added.
"""

import struct
from dataclasses import dataclass

from whisperwave.library.containers.header import Header, header_truncated

_BITRATES_KBPS = {
    1: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES_HZ = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_TAGS = (b"TAG", b"APETAGEX", b"LYRICSBEGIN")


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
    is_cut: bool = False


def skip_id3(content: bytes) -> int:
    """Where the sound begins, after any ID3v2 tags (pictures can make them many megabytes)."""
    offset = 0
    while content.startswith(b"ID3", offset) and offset + 10 <= len(content):
        a, b, c, d = content[offset + 6 : offset + 10]
        footer = 10 if content[offset + 5] & 0x10 else 0
        offset += 10 + (a << 21 | b << 14 | c << 7 | d) + footer
    return offset


def begins_at(content: bytes, offset: int) -> bool:
    """Whether an MP3 frame starts here, and another (or the end of the file) right after it."""
    frame = _frame(content, offset)
    if frame is None:
        return False
    after = offset + frame.size
    return after >= len(content) or _frame(content, after) is not None or _is_tag(content, after)


def examine(content: bytes) -> Header:
    """Count frames and compare with what the table in the first one promises.

    Raises:
        AudioError: the file ends before its first frame.
    """
    start = skip_id3(content)
    first = _frame(content, start)
    if first is None:
        raise header_truncated(len(content))
    promised = _table(content, start, first)
    begin = start if promised is None else start + first.size
    walk = _walk(content, begin)
    lost = f"{walk.lost_bytes} bytes are not MP3 frames" if walk.lost_bytes else ""
    if promised is None:
        return Header("MP3", first.sample_rate, walk.samples, walk.is_cut, lost, first.samples)
    frames, padding = promised
    return Header(
        "MP3",
        first.sample_rate,
        expected_frames=max(frames * first.samples - padding, 0),
        is_cut=walk.is_cut or (walk.frames < frames and not lost),
        damage=lost,
        tolerance=first.samples // 2,
    )


def _frame(content: bytes, offset: int) -> _Frame | None:
    """The layer III frame whose four header bytes stand at ``offset``."""
    if offset + 4 > len(content):
        return None
    (word,) = struct.unpack_from(">I", content, offset)
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
    while offset < len(content) and not _is_tag(content, offset):
        frame = _frame(content, offset)
        if frame is None:
            found = _next_frame(content, offset)
            walk.lost_bytes += found - offset
            offset = found
            continue
        if offset + frame.size > len(content):
            walk.is_cut = True
            break
        walk.frames += 1
        walk.samples += frame.samples
        offset += frame.size
    return walk


def _next_frame(content: bytes, offset: int) -> int:
    """Where the next frame begins, or the end of the file."""
    while True:
        offset = content.find(b"\xff", offset + 1)
        if offset < 0:
            return len(content)
        if begins_at(content, offset):
            return offset


def _is_tag(content: bytes, offset: int) -> bool:
    """Whether an ID3v1 or APE tag, which only ever ends a file, starts here."""
    return content.startswith(_TAGS, offset)
