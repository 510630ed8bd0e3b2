"""MP4 and M4A (ISO 14496-12): boxes in boxes; the sound track says its length, rate and encoding.

The sound itself is decoded by ffmpeg, where it is installed.
"""

import struct
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from whisperwave.library.containers.chunks import Chunk
from whisperwave.library.containers.header import (
    Header,
    checked_rate,
    header_truncated,
    mismatch,
    no_samples,
    unsupported_codec,
)

_MOST_BOXES = 10_000
_CODECS = (b"mp4a", b"alac", b"Opus", b"fLaC")
# Encoders put up to this many frames around the sound, which a player leaves out.
_PADDING_FRAMES = 5_000


def examine(content: bytes) -> Header:
    """Find the sound track and compare the boxes with the file's length.

    Raises:
        AudioError: the header is cut, or there is no sound in it that is read.
    """
    boxes = tuple(islice(_boxes(content, 0, len(content)), _MOST_BOXES))
    movie = next((box for box in boxes if box.name == b"moov"), None)
    if movie is None or movie.end > len(content):
        raise header_truncated(len(content))
    for track in _inside(content, movie):
        media = _first(content, track, b"mdia")
        if track.name == b"trak" and media is not None and _is_sound(content, media):
            header = _with_track(content, media, is_cut=boxes[-1].end > len(content))
            return replace(header, notes=_second_file(boxes))
    raise no_samples()


def _second_file(boxes: tuple[Chunk, ...]) -> tuple[str, ...]:
    """A note of another MP4 file behind this one, which ffmpeg leaves out without a word."""
    again = [box for box in boxes[1:] if box.name == b"ftyp"]
    again += [box for box in boxes if box.name == b"moov"][1:]
    if not again:
        return ()
    start = min(box.start for box in again) - 8
    return (f"JUNK_AFTER: another MP4 file begins at byte {start}, and is not heard.",)


def _with_track(content: bytes, media: Chunk, is_cut: bool) -> Header:
    timescale, duration = _duration(content, media)
    rate = _sample_rate(content, media)
    frames = round(duration * rate / timescale)
    return Header(
        "MP4",
        rate,
        expected_frames=frames or None,  # a file in fragments does not say
        is_cut=is_cut,
        tolerance=_PADDING_FRAMES,
    )


def _duration(content: bytes, media: Chunk) -> tuple[int, int]:
    """Time units a second, and how many of them the track lasts."""
    header = _needed(content, media, b"mdhd", 24)
    wide = content[header.start] == 1
    form, offset = (">IQ", 20) if wide else (">II", 12)
    if offset + struct.calcsize(form) > header.size:
        raise header_truncated(header.end)
    timescale, duration = struct.unpack_from(form, content, header.start + offset)
    if timescale == 0:
        raise mismatch("The header gives 0 time units a second.")
    return timescale, duration


def _sample_rate(content: bytes, media: Chunk) -> int:
    table = media
    for name in (b"minf", b"stbl"):
        table = _needed(content, table, name, 8)
    entry = _needed(content, table, b"stsd", 8 + 36)
    codec = content[entry.start + 12 : entry.start + 16]
    if codec not in _CODECS:
        raise unsupported_codec(f"MP4 {codec!r}")
    (rate,) = struct.unpack_from(">I", content, entry.start + 40)
    return checked_rate(rate >> 16)


def _is_sound(content: bytes, media: Chunk) -> bool:
    handler = _first(content, media, b"hdlr")
    return handler is not None and content[handler.start + 8 : handler.start + 12] == b"soun"


def _needed(content: bytes, box: Chunk, name: bytes, least: int) -> Chunk:
    found = _first(content, box, name)
    if found is None or found.size < least:
        raise mismatch(f"The sound track has no {name.decode()!r} that makes sense.")
    return found


def _first(content: bytes, box: Chunk, name: bytes) -> Chunk | None:
    return next((inner for inner in _inside(content, box) if inner.name == name), None)


def _inside(content: bytes, box: Chunk) -> Iterator[Chunk]:
    """The boxes in a box, as far as they lie in it."""
    inner = _boxes(content, box.start, min(box.end, len(content)))
    return (one for one in islice(inner, _MOST_BOXES) if one.end <= box.end)


def _boxes(content: bytes, start: int, stop: int) -> Iterator[Chunk]:
    while start + 8 <= stop:
        size, name = struct.unpack_from(">I4s", content, start)
        header = 8
        if size == 1 and start + 16 <= stop:
            (size,) = struct.unpack_from(">Q", content, start + 8)
            header = 16
        if size == 0:  # up to the end
            size = stop - start
        if size < header:
            return
        yield Chunk(name, start + header, size - header)
        start += size
