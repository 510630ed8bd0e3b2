"""Tags in four formats, written without a library: ID3, MP4 atoms, and libsndfile's own."""

import io
import struct

import numpy as np
import soundfile

Tags = dict[str, str]

_ID3_FRAMES = {"title": b"TIT2", "artist": b"TPE1", "album": b"TALB", "genre": b"TCON",
               "date": b"TDRC"}  # fmt: skip
_MP4_ATOMS = {"title": b"\xa9nam", "artist": b"\xa9ART", "album": b"\xa9alb", "genre": b"\xa9gen",
              "date": b"\xa9day"}  # fmt: skip
_FORMS = {".wav": ("WAV", "PCM_16"), ".flac": ("FLAC", "PCM_16"), ".ogg": ("OGG", "VORBIS"),
          ".opus": ("OGG", "OPUS"), ".mp3": ("MP3", "MPEG_LAYER_III")}  # fmt: skip


def sound_file(
    suffix: str, audio: np.ndarray, sample_rate: int, tags: Tags, subtype: str | None = None
) -> bytes:
    """``audio [C, T]`` as a file of the format that the suffix names, with its tags."""
    form, usual = _FORMS[suffix]
    buffer = io.BytesIO()
    with soundfile.SoundFile(
        buffer, "w", sample_rate, len(audio), subtype or usual, format=form
    ) as file:
        if suffix != ".mp3":
            for name, text in tags.items():
                setattr(file, name, text)
        file.write(audio.T)
    content = buffer.getvalue()
    return id3(tags) + content if suffix == ".mp3" else content


def id3(tags: Tags) -> bytes:
    """An ID3v2.4 tag of text frames, in UTF-8 (id3.org, version 2.4.0)."""
    frames = b"".join(
        _ID3_FRAMES[name] + _synchsafe(len(body)) + bytes(2) + body
        for name, text in tags.items()
        for body in (b"\x03" + text.encode(),)
    )
    return b"ID3\x04\x00\x00" + _synchsafe(len(frames)) + frames


def _synchsafe(size: int) -> bytes:
    return bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))


def atom(name: bytes, *bodies: bytes) -> bytes:
    """One MP4 box."""
    body = b"".join(bodies)
    return struct.pack(">I", 8 + len(body)) + name + body


def mp4(tags: Tags, seconds: float, rate: int) -> bytes:
    """An MP4 file that has a length, a rate and tags, and no sound in it (ISO 14496-12)."""
    header = atom(b"mvhd", struct.pack(">12xII80x", rate, round(seconds * rate)))
    entry = struct.pack(">6xH8xHHHHI", 1, 1, 16, 0, 0, rate << 16)
    sound = atom(b"mp4a", entry, _ESDS)
    table = atom(b"stbl", atom(b"stsd", struct.pack(">4xI", 1), sound))
    track = atom(b"trak", atom(b"mdia", atom(b"minf", table)))
    texts = [
        atom(_MP4_ATOMS[name], atom(b"data", struct.pack(">I4x", 1), text.encode()))
        for name, text in tags.items()
    ]
    meta = atom(b"udta", atom(b"meta", bytes(4), atom(b"ilst", *texts)))
    return atom(b"ftyp", b"M4A \0\0\0\0M4A ") + atom(b"moov", header, track, meta)


# An elementary stream of AAC, as its description names it (ISO 14496-1).
_ESDS = atom(
    b"esds", bytes(4), b"\x03\x19\0\0\0\x04\x11\x40\x15\0\0\0\0\0\0\0\0\0\0\0\x05\x02\x12\x10\x06"
)
