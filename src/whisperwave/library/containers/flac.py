"""FLAC: the stream information says how many samples there are and what their MD5 is."""

from whisperwave.library.containers.header import (
    Header,
    checked_channels,
    checked_rate,
    header_truncated,
    mismatch,
)

_STREAM_INFO_END = 42


def examine(content: bytes) -> Header:
    """Read the stream information (RFC 9639, section 8.2).

    Raises:
        AudioError: it is cut, or asks for what is not read.
    """
    if len(content) < _STREAM_INFO_END:
        raise header_truncated(len(content))
    if content[4] & 0x7F != 0:
        raise mismatch("A FLAC file must begin with its stream information.")
    packed = int.from_bytes(content[18:26])
    rate, channels = packed >> 44, (packed >> 41 & 0x7) + 1
    bits, frames = (packed >> 36 & 0x1F) + 1, packed & 0xFFFFFFFFF
    md5 = content[26:_STREAM_INFO_END]
    return Header(
        "FLAC",
        checked_rate(rate),
        expected_frames=frames or None,
        md5=md5.hex() if any(md5) and checked_channels(channels) and bits <= 24 else "",
        bits=bits,
    )
