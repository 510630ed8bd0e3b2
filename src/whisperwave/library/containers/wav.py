"""WAV in its three forms: RIFF, RF64 (64-bit sizes in a ``ds64`` chunk) and Sony's Wave64."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from whisperwave.library.containers.chunks import Chunk, claimed_end, junk_after, junk_notes
from whisperwave.library.containers.header import (
    SIZE_UNKNOWN,
    Header,
    Pcm,
    checked_channels,
    checked_rate,
    header_truncated,
    mismatch,
    no_samples,
    unsupported_bits,
    unsupported_codec,
)

WAVE64 = b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00"
_UNKNOWN_SIZE, _UNKNOWN_SIZE_64 = 0xFFFFFFFF, 2**63 - 1
_MOST_CHUNKS = 10_000
_PCM, _MS_ADPCM, _FLOAT, _A_LAW, _MU_LAW, _IMA_ADPCM, _EXTENSIBLE = 1, 2, 3, 6, 7, 0x11, 0xFFFE
_WIDTHS = {_PCM: (8, 16, 24, 32), _FLOAT: (32, 64), _A_LAW: (8,), _MU_LAW: (8,)}


@dataclass(frozen=True)
class _Format:
    sample_rate: int
    block_align: int
    frames_per_block: int
    tag: int
    channels: int
    bits: int


def examine(content: bytes) -> Header:
    """Check a WAV file's header against its length.

    Raises:
        AudioError: the header is cut, contradicts itself, or asks for what is not read.
    """
    before_data: dict[bytes, Chunk] = {}
    is_wave64 = content.startswith(b"riff")
    walk = _chunks64 if is_wave64 else _chunks32
    chunks = islice(walk(content), _MOST_CHUNKS)
    for chunk in chunks:
        if chunk.name == b"data":
            header = _with_data(content, _format(content, before_data), chunk, tuple(chunks))
            return _as_decoded(header, content, chunk) if is_wave64 else header
        before_data.setdefault(chunk.name, chunk)
    raise header_truncated(len(content))


def _chunks32(content: bytes) -> Iterator[Chunk]:
    offset, long_data_size = 12, None
    while offset + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, offset)
        if name == b"ds64" and offset + 24 <= len(content):
            (long_data_size,) = struct.unpack_from("<Q", content, offset + 16)
        if name == b"data" and size == _UNKNOWN_SIZE and long_data_size is not None:
            size = long_data_size
        yield Chunk(name, offset + 8, size)
        offset += 8 + size + size % 2


def _chunks64(content: bytes) -> Iterator[Chunk]:
    offset, is_behind_sound = 40, False
    while offset + 24 <= len(content):
        name, size = struct.unpack_from("<4s12xQ", content, offset)
        if size < 24 and is_behind_sound:
            return
        if size < 24:
            raise mismatch(f"A chunk at byte {offset} says it is {size} bytes long.")
        is_streamed = name == b"data" and size >= _UNKNOWN_SIZE_64
        yield Chunk(name, offset + 24, _UNKNOWN_SIZE if is_streamed else size - 24)
        is_behind_sound |= name == b"data"
        offset += size + -size % 8


def _as_decoded(header: Header, content: bytes, data: Chunk) -> Header:
    """The Wave64 file as libsndfile needs it.

    It would go on reading sound from the chunks behind it, and refuses sizes that are not known.
    """
    if data.size != _UNKNOWN_SIZE:
        return replace(header, end=data.end)
    whole, sound = len(content), len(content) - data.start + 24
    prefix = content[:16] + whole.to_bytes(8, "little") + content[24 : data.start - 8]
    return replace(header, prefix=prefix + sound.to_bytes(8, "little"), skip=data.start)


def _format(content: bytes, chunks: dict[bytes, Chunk]) -> _Format:
    if b"fmt " not in chunks:
        raise mismatch("The audio data comes before any description of its format.")
    chunk = chunks[b"fmt "]
    if chunk.size < 16:
        raise mismatch(f"The format description has {chunk.size} bytes instead of 16.")
    tag, channels, rate, _, align, bits = struct.unpack_from("<HHIIHH", content, chunk.start)
    if tag == _EXTENSIBLE and chunk.size >= 40:
        (tag,) = struct.unpack_from("<H", content, chunk.start + 24)
    checked_channels(channels)
    checked_rate(rate)
    if tag in (_MS_ADPCM, _IMA_ADPCM):
        frames = _adpcm_frames(content, chunk, tag, channels, align)
        return _Format(rate, align, frames, tag, channels, bits)
    _check_width(tag, bits, channels, align)
    return _Format(rate, align, 1, tag, channels, bits)


def _check_width(tag: int, bits: int, channels: int, align: int) -> None:
    if tag not in _WIDTHS:
        raise unsupported_codec(f"WAV format 0x{tag:04x}")
    if bits not in _WIDTHS[tag]:
        raise unsupported_bits(bits)
    if align != channels * bits // 8:
        raise mismatch(f"{channels} channels of {bits} bits cannot take {align} bytes a frame.")


def _adpcm_frames(content: bytes, chunk: Chunk, tag: int, channels: int, align: int) -> int:
    """Frames in a block, which must not be more than its bytes can hold (CVE-2026-37555)."""
    if chunk.size < 20:
        raise mismatch("The ADPCM format description is too short.")
    (frames,) = struct.unpack_from("<H", content, chunk.start + 18)
    preamble, first = (7, 2) if tag == _MS_ADPCM else (4, 1)
    room = (align - preamble * channels) * 2 // channels + first
    if align < preamble * channels or not 1 <= frames <= room:
        raise mismatch(f"An ADPCM block of {align} bytes cannot hold {frames} frames.")
    return int(frames)


def _with_data(content: bytes, layout: _Format, data: Chunk, after: tuple[Chunk, ...]) -> Header:
    available = len(content) - data.start
    if any(chunk.name == b"data" for chunk in after):
        raise mismatch("The file has two blocks of audio data.")
    if available == 0 and data.size in (0, _UNKNOWN_SIZE):
        raise no_samples()
    if data.size == _UNKNOWN_SIZE:
        return Header("WAV", layout.sample_rate, notes=(SIZE_UNKNOWN,))
    end = claimed_end(data.end, after, len(content))
    junk = junk_after(end, len(content), data.size)
    if data.size == 0:
        raise no_samples()
    return Header(
        "WAV",
        layout.sample_rate,
        expected_frames=data.size // layout.block_align * layout.frames_per_block,
        is_cut=data.size > available,
        notes=junk_notes(junk),
        end=end if junk else None,
        pcm=_pcm(layout, data, available),
    )


def _pcm(layout: _Format, data: Chunk, available: int) -> Pcm | None:
    """Where the samples are, if they are plain numbers."""
    if layout.tag not in (_PCM, _FLOAT):
        return None
    frames = min(data.size, available) // layout.block_align
    return Pcm(data.start, frames, layout.channels, layout.bits, layout.tag == _FLOAT)
