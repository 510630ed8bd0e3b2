"""FLAC: the stream information says how many samples there are and what their MD5 is.

Where it does not (a program that writes into a pipe cannot go back to fill it in), the last frame
tells, and the decoder gets the number in its place: asked for more than there is, it would lose the
last frames.
"""

from dataclasses import replace

from whisperwave.library.containers.flac_frames import frames_at_end
from whisperwave.library.containers.header import (
    SIZE_UNKNOWN,
    Header,
    checked_channels,
    checked_rate,
    header_truncated,
    mismatch,
)

_PACKED, _STREAM_INFO_END = 18, 42
_SECOND_STREAMS = (b"fLaC\x00\x00\x00\x22", b"fLaC\x80\x00\x00\x22")


def examine(content: bytes) -> Header:
    """Read the stream information (RFC 9639, section 8.2).

    Raises:
        AudioError: it is cut, or asks for what is not read.
    """
    if len(content) < _STREAM_INFO_END:
        raise header_truncated(len(content))
    if content[4] & 0x7F != 0:
        raise mismatch("A FLAC file must begin with its stream information.")
    packed = int.from_bytes(content[_PACKED:26])
    rate, channels = packed >> 44, (packed >> 41 & 0x7) + 1
    bits, frames = (packed >> 36 & 0x1F) + 1, packed & 0xFFFFFFFFF
    md5 = content[26:_STREAM_INFO_END]
    header = Header(
        "FLAC",
        checked_rate(rate),
        expected_frames=frames or None,
        md5=md5.hex() if any(md5) and checked_channels(channels) and bits <= 24 else "",
        bits=bits,
    )
    return _with_end(header, content, packed)


def _with_end(header: Header, content: bytes, packed: int) -> Header:
    """What is known from the file's end."""
    if any(content.find(magic, _STREAM_INFO_END) >= 0 for magic in _SECOND_STREAMS):
        return replace(header, damage="it holds several streams, and only the first would be read")
    counted = frames_at_end(content, _STREAM_INFO_END)
    if counted is None:
        return replace(header, notes=("JUNK_AFTER: the file does not end with its sound.",))
    if header.expected_frames is not None:
        return header
    announced = (packed | counted & 0xFFFFFFFFF).to_bytes(8)
    return replace(
        header,
        expected_frames=counted,
        notes=(SIZE_UNKNOWN,),
        prefix=content[:_PACKED] + announced,
        skip=_PACKED + len(announced),
    )
