"""Sound files in every form that the library reads, and what the header of each promises.

The promises are read here in a second, plainer way than `whisperwave.library.containers` does it,
so that the library is not judged by itself.
"""

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import soundfile

from whisperwave.library.containers import ogg

Promise = Callable[[bytes], int | None]


@dataclass(frozen=True)
class Seed:
    """A sound file in memory: its bytes, its frames, and how to read the promise of its header.

    ``tolerance`` is how many frames a decoder may rightly give less, and half of how many more.
    Opus counts at ``clock_hz`` whatever rate it is decoded at.
    """

    container: str
    name: str
    content: bytes
    frames: int
    promise: Promise
    tolerance: int = 0
    clock_hz: int = 0


@cache
def seeds() -> tuple[Seed, ...]:
    """The files that are damaged: every container, every encoding, every way to say a length."""
    return (
        *(_wav(subtype, subtype) for subtype in ("PCM_U8", "PCM_16", "PCM_24", "PCM_32")),
        *(_wav(subtype, subtype) for subtype in ("FLOAT", "DOUBLE", "ULAW", "ALAW")),
        *(_wav(subtype, subtype, tolerance=1) for subtype in ("IMA_ADPCM", "MS_ADPCM")),
        _wav("extensible", "PCM_24", "WAVEX", channels=2),
        _seed("WAV", "of unknown length", _streamed(_encoded("WAV", "PCM_16", 3000)), wav_promise),
        _seed("WAV", "with chunks", _with_chunks(_encoded("WAV", "PCM_16", 3000)), wav_promise),
        *(_seed("RF64", s, _encoded("RF64", s, 3000), wav_promise) for s in ("PCM_16", "FLOAT")),
        *(_seed("W64", s, _encoded("W64", s, 3000), w64_promise) for s in ("PCM_16", "PCM_24")),
        *(
            _seed("AIFF", s, _encoded("AIFF", s, 3000, 2), aiff_promise)
            for s in ("PCM_S8", "PCM_16", "PCM_24", "FLOAT", "ULAW")
        ),
        *(
            _seed("FLAC", s, _encoded("FLAC", s, 12_000, 2), flac_promise)
            for s in ("PCM_S8", "PCM_16", "PCM_24")
        ),
        _seed("FLAC", "no MD5", _without_md5(_encoded("FLAC", "PCM_16", 12_000)), flac_promise),
        _seed("FLAC", "streamed", _unsized(_encoded("FLAC", "PCM_16", 12_000)), flac_promise),
        _ogg("Ogg Vorbis", "mono", "VORBIS", 12_000),
        _ogg("Ogg Vorbis", "stereo", "VORBIS", 40_000, 2),
        _ogg("Ogg Opus", "mono", "OPUS", 12_000),
        _ogg("Ogg Opus", "stereo", "OPUS", 40_000, 2),
        _mp3("constant", bitrate_mode="CONSTANT"),
        _mp3("variable", channels=2, bitrate_mode="VARIABLE"),
        _mp3("44.1 kHz", rate=44_100, bitrate_mode="CONSTANT"),
        _mp3("tagged", before=b"ID3\x04\0\0\0\0\1\0" + bytes(128), bitrate_mode="CONSTANT"),
        _mp3("no table", strip=True, bitrate_mode="VARIABLE"),
    )


def _wav(
    name: str, subtype: str, form: str = "WAV", *, channels: int = 1, tolerance: int = 0
) -> Seed:
    return _seed("WAV", name, _encoded(form, subtype, 3000, channels), wav_promise, tolerance)


def _ogg(container: str, name: str, subtype: str, frames: int, channels: int = 1) -> Seed:
    content = mended(_same_serial(_encoded("OGG", subtype, frames, channels)))
    if subtype == "VORBIS":
        return _seed(container, name, content, ogg_promise)
    return Seed(container, name, content, 3 * frames, ogg_promise, tolerance=6, clock_hz=48_000)


def _mp3(
    name: str, *, channels: int = 1, rate: int = 16_000, before: bytes = b"", strip: bool = False,
    **options: object,
) -> Seed:  # fmt: skip
    content = _encoded("MP3", "MPEG_LAYER_III", 24_000, channels, rate, **options)
    if strip:
        content = content[content.index(content[:2], 40) :]
    return Seed("MP3", name, before + content, 24_000, mp3_promise, tolerance=1152)


def _seed(container: str, name: str, content: bytes, promise: Promise, tolerance: int = 0) -> Seed:
    with soundfile.SoundFile(io.BytesIO(content)) as file:
        frames = 12_000 if name == "streamed" else len(file.read(dtype="float32"))
    return Seed(container, name, content, frames, promise, tolerance)


def _encoded(
    form: str, subtype: str, frames: int, channels: int = 1, rate: int = 16_000, **options: object
) -> bytes:
    """A tone in a little noise, the same bytes in every run."""
    noise = np.random.default_rng(frames).standard_normal((frames, channels))
    tone = np.sin(np.arange(frames) * 0.17)[:, None]
    file = io.BytesIO()
    soundfile.write(file, 0.2 * tone + 0.02 * noise, rate, subtype, format=form, **options)
    return _undated(file.getvalue())


def _undated(content: bytes) -> bytes:
    """Without the time at which libsndfile measured the peak of a floating-point file."""
    at = content.find(b"PEAK", 0, 200)
    return content if at < 0 else content[: at + 12] + bytes(4) + content[at + 16 :]


def _streamed(content: bytes) -> bytes:
    at = content.index(b"data") + 4
    return content[:at] + b"\xff" * 4 + content[at + 4 :]


def _with_chunks(content: bytes) -> bytes:
    chunk = b"LIST" + struct.pack("<I", 16) + b"INFOINAM\4\0\0\0hum\0"
    at = content.index(b"data")
    return content[:at] + chunk + content[at:] + chunk


def _without_md5(content: bytes) -> bytes:
    return content[:26] + bytes(16) + content[42:]


def _unsized(content: bytes) -> bytes:
    return content[:21] + bytes([content[21] & 0xF0]) + bytes(20) + content[42:]


def pages(content: bytes) -> list[tuple[int, int]]:
    """Where each Ogg page starts and ends."""
    found = []
    start = 0
    while content.startswith(b"OggS", start) and start + 27 <= len(content):
        body = start + 27 + content[start + 26]
        end = body + sum(content[start + 27 : body])
        if end > len(content):
            break
        found.append((start, end))
        start = end
    return found


def mended(content: bytes) -> bytes:
    """An Ogg file with the right checksum on every page, so that damage reaches the decoder."""
    fixed = bytearray(content)
    for start, end in pages(content):
        checksum = ogg._checksum(bytes(fixed[start:end]))
        fixed[start + 22 : start + 26] = checksum.to_bytes(4, "little")
    return bytes(fixed)


def _same_serial(content: bytes) -> bytes:
    """With a fixed stream number, where libsndfile takes one from the clock."""
    fixed = bytearray(content)
    for start, _ in pages(content):
        fixed[start + 14 : start + 18] = b"seed"
    return bytes(fixed)


def wav_promise(content: bytes) -> int | None:
    """Frames in the first ``data`` chunk, by its own size or that of the ``ds64`` chunk."""
    offset, align, frames_per_block, long_size = 12, 0, 1, None
    while offset + 8 <= len(content):
        name = content[offset : offset + 4]
        (size,) = struct.unpack_from("<I", content, offset + 4)
        body = content[offset + 8 : offset + 8 + min(size, 64)]
        if name == b"fmt " and len(body) >= 16 and not align:
            align = int.from_bytes(body[12:14], "little")
            if body[:2] in (b"\x02\0", b"\x11\0"):
                frames_per_block = int.from_bytes(body[18:20], "little")
        if name == b"ds64" and len(body) >= 16:
            long_size = int.from_bytes(body[8:16], "little")
        if name == b"data":
            if size == 0xFFFFFFFF:
                size = len(content) - offset - 8 if long_size is None else long_size
            return size // align * frames_per_block if align else None
        offset += 8 + size + size % 2
    return None


def w64_promise(content: bytes) -> int | None:
    """Frames in the first ``data`` chunk of Sony's form."""
    offset, align = 40, 0
    while offset + 24 <= len(content):
        name = content[offset : offset + 4]
        size = int.from_bytes(content[offset + 16 : offset + 24], "little")
        if name == b"fmt " and not align:
            align = int.from_bytes(content[offset + 36 : offset + 38], "little")
        if name == b"data":
            return (size - 24) // align if align else None
        if size < 24:
            return None
        offset += (size + 7) // 8 * 8
    return None


def aiff_promise(content: bytes) -> int | None:
    """Frames by the first ``COMM`` chunk."""
    offset = 12
    while offset + 8 <= len(content):
        name, size = struct.unpack_from(">4sI", content, offset)
        if name == b"COMM":
            return int.from_bytes(content[offset + 10 : offset + 14])
        offset += 8 + size + size % 2
    return None


def flac_promise(content: bytes) -> int | None:
    """Frames by the stream information; None where it says nothing."""
    return (int.from_bytes(content[18:26]) & 0xFFFFFFFFF) or None


def ogg_promise(content: bytes) -> int | None:
    """The last position; Opus counts at 48 kHz, with some frames more at the beginning."""
    starts = [start for start, _ in pages(content)]
    found = [int.from_bytes(content[at + 6 : at + 14], "little", signed=True) for at in starts]
    opus = content.find(b"OpusHead", 0, 100)
    if opus < 0 or not found:
        return max(found, default=None)
    return max(max(found) - int.from_bytes(content[opus + 10 : opus + 12], "little"), 0)


def mp3_promise(content: bytes) -> int | None:
    """Frames by the table, where there is one behind a first frame header; else those in a row."""
    at = max(content.find(b"Xing", 0, 400), content.find(b"Info", 0, 400))
    if at < 0:
        return _mp3_frames_in_a_row(content)
    flags = int.from_bytes(content[at + 4 : at + 8])
    if not flags & 1:
        return None
    first = content.rfind(b"\xff", 0, at - 8)
    samples = 1152 if content[first + 1] & 0x18 == 0x18 else 576
    lame = at + 8 + sum(size for bit, size in ((1, 4), (2, 4), (4, 100), (8, 4)) if flags & bit)
    has_delays = content[lame : lame + 4].strip(b"\0")
    delays = int.from_bytes(content[lame + 21 : lame + 24]) if has_delays else 0
    frames = int.from_bytes(content[at + 8 : at + 12])
    return max(frames * samples - (delays >> 12) - (delays & 0xFFF), 0)


def _mp3_frames_in_a_row(content: bytes) -> int | None:
    """Samples of a file at 16 kHz that is one frame after the other from end to end.

    Nothing else says how long it is: where whole frames are missing, nobody can know. None if there
    is a gap, for which the file is damaged.
    """
    at = frames = 0
    while content[at : at + 2] in (b"\xff\xf3", b"\xff\xf2") and at + 4 <= len(content):
        kbps = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0)[
            content[at + 2] >> 4
        ]
        if not kbps or content[at + 2] & 0x0C != 0x08:
            return None
        at += 72 * kbps // 16 + (content[at + 2] >> 1 & 1)
        frames += 1
    return 576 * frames if at == len(content) else None
