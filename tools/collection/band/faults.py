"""Files as collections really hold them: cut, damaged, mislabelled, tiny, silent, of odd forms.

Each is made of a sound file that was right, and says what a scan and a preparation must find. The
letters and numbers are those of the page of faults (docs/reference/reliability.md).
"""

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import soundfile

from band.tags import Tags, id3, sound_file


@dataclass(frozen=True)
class Whole:
    """A sound with nothing wrong: ``audio [C, T]`` at ``rate`` hertz, and its tags."""

    audio: np.ndarray
    rate: int
    tags: Tags

    def file(self, suffix: str, subtype: str | None = None) -> bytes:
        """As a file of that format."""
        return sound_file(suffix, self.audio, self.rate, self.tags, subtype)

    def of(self, audio: np.ndarray, suffix: str = ".wav", subtype: str | None = None) -> bytes:
        """Another sound with the same tags."""
        return sound_file(suffix, audio, self.rate, self.tags, subtype)


@dataclass(frozen=True)
class Fault:
    """One kind of file.

    ``scan`` is the code that a scan must give it, ``checked`` one that decodes, and a preparation;
    empty where it is taken.
    """

    row: str
    name: str
    make: Callable[[Whole], bytes]
    scan: str = ""
    checked: str = ""


def cut(content: bytes, share: float = 0.5) -> bytes:
    """The beginning of a file."""
    return content[: int(len(content) * share)]


def flipped(content: bytes, share: float = 0.6) -> bytes:
    """With one byte changed."""
    changed = bytearray(content)
    changed[int(len(content) * share)] ^= 0x55
    return bytes(changed)


def holed(content: bytes, size: int = 3000) -> bytes:
    """With zeros in its middle, for longer than any frame of it."""
    at = len(content) // 2
    return content[:at] + bytes(size) + content[at + size :]


def chunk_size(content: bytes, name: bytes, size: int) -> bytes:
    """A WAV file whose chunk says that it has another size."""
    at = content.index(name) + 4
    return content[:at] + struct.pack("<I", size & 0xFFFFFFFF) + content[at + 4 :]


def form_field(content: bytes, offset: int, layout: str, value: int) -> bytes:
    """A WAV file with another value in its ``fmt`` chunk, ``offset`` bytes into it."""
    changed = bytearray(content)
    struct.pack_into(layout, changed, content.index(b"fmt ") + 8 + offset, value)
    return bytes(changed)


def foreign(form: str, subtype: str) -> Callable[[Whole], bytes]:
    """A format that only the decoder knows."""

    def make(whole: Whole) -> bytes:
        buffer = io.BytesIO()
        soundfile.write(buffer, whole.audio[0], whole.rate, format=form, subtype=subtype)
        return buffer.getvalue()

    return make


def _not_finite(whole: Whole) -> bytes:
    audio = whole.audio.copy()
    audio[0, 1000:1003] = np.nan
    return whole.of(audio, subtype="FLOAT")


def _eight_channels(whole: Whole) -> bytes:
    return whole.of(np.tile(whole.audio[:1], (8, 1)))


def _two_blocks(whole: Whole) -> bytes:
    content = whole.file(".wav")
    block = content[content.index(b"data") :]
    return chunk_size(content + block, b"RIFF", len(content) + len(block) - 8)


def _for_hours(whole: Whole) -> bytes:
    return sound_file(".flac", np.zeros((1, 4000 * 3660)), 4000, whole.tags)


def _with_picture(whole: Whole) -> bytes:
    frame = b"APIC" + _synchsafe(2_000_014) + bytes(2) + b"\0image/png\0\3\0" + bytes(2_000_000)
    plain = id3(whole.tags)
    frames = plain[10:] + frame
    music = whole.file(".mp3")[len(plain) :]
    return b"ID3\x04\0\0" + _synchsafe(len(frames)) + frames + music


def _synchsafe(size: int) -> bytes:
    return bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))


def _strange_text(whole: Whole) -> bytes:
    tags = whole.tags | {"title": "<b>\x1b[31m\u202e\0" + "x" * 5000}
    return id3(tags) + whole.file(".mp3")[len(id3(whole.tags)) :]


FAULTS = (
    Fault("A1", "empty.mp3", lambda _: b"", "AUDIO_EMPTY", "AUDIO_EMPTY"),
    Fault("A2", "header only.wav", lambda w: w.of(w.audio[:, :0]),
          "AUDIO_NO_SAMPLES", "AUDIO_NO_SAMPLES"),
    Fault("A3", "cut in its header.wav", lambda w: w.file(".wav")[:20],
          "AUDIO_HEADER_TRUNCATED", "AUDIO_HEADER_TRUNCATED"),
    Fault("A4", "cut in half.wav", lambda w: cut(w.file(".wav")),
          "AUDIO_TRUNCATED", "AUDIO_TRUNCATED"),
    Fault("A5", "cut in a sample.wav", lambda w: w.file(".wav")[:40_001],
          "AUDIO_TRUNCATED", "AUDIO_TRUNCATED"),
    Fault("A6", "out of a pipe.wav", lambda w: chunk_size(w.file(".wav"), b"data", -1)),
    Fault("A7", "no size.wav", lambda w: chunk_size(w.file(".wav"), b"data", 0),
          "AUDIO_HEADER_MISMATCH", "AUDIO_HEADER_MISMATCH"),
    Fault("A8", "two blocks.wav", _two_blocks, "", "AUDIO_HEADER_MISMATCH"),
    Fault("A9", "really flac.mp3", lambda w: w.file(".flac")),
    Fault("A9", "really mp3.ogg", lambda w: w.file(".mp3")),
    Fault("A10", "a text.mp3", lambda _: b"Track one, track two\n" * 20, "NOT_AUDIO", "NOT_AUDIO"),
    Fault("A10", "a picture.flac", lambda _: b"\x89PNG\r\n\x1a\n" + bytes(200),
          "NOT_AUDIO", "NOT_AUDIO"),
    Fault("A10", "a page.mp3", lambda _: b"<!DOCTYPE html><html><body>404</body></html>" * 9,
          "NOT_AUDIO", "NOT_AUDIO"),
    Fault("A10", "an archive.ogg", lambda _: b"PK\x03\x04" + bytes(200), "NOT_AUDIO", "NOT_AUDIO"),
    Fault("A11", "not finite.wav", _not_finite, "", "AUDIO_NONFINITE"),
    Fault("A12", "eight times full scale.wav",
          lambda w: w.of(8 * w.audio / np.abs(w.audio).max(), subtype="FLOAT")),
    Fault("A13", "one sample.wav", lambda w: w.of(w.audio[:, :1]), "TOO_SHORT", "TOO_SHORT"),
    Fault("A13", "a blink.mp3", lambda w: w.of(w.audio[:, :2000], ".mp3"),
          "TOO_SHORT", "TOO_SHORT"),
    Fault("A14", "eight bits.wav", lambda w: w.file(".wav", "PCM_U8")),
    Fault("A15", "twenty-four bits.flac", lambda w: w.file(".flac", "PCM_24")),
    Fault("A16", "thirteen bits.wav", lambda w: form_field(w.file(".wav"), 14, "<H", 13),
          "", "AUDIO_UNSUPPORTED_BITS"),
    Fault("A18", "eight channels.wav", _eight_channels),
    Fault("A19", "no channels.wav", lambda w: form_field(w.file(".wav"), 2, "<H", 0),
          "", "AUDIO_BAD_CHANNELS"),
    Fault("A19", "very many channels.wav", lambda w: form_field(w.file(".wav"), 2, "<H", 65535),
          "", "AUDIO_BAD_CHANNELS"),
    Fault("A20", "no rate.wav", lambda w: form_field(w.file(".wav"), 4, "<I", 0),
          "AUDIO_BAD_RATE", "AUDIO_BAD_RATE"),
    Fault("A20", "four gigahertz.wav", lambda w: form_field(w.file(".wav"), 4, "<I", 4 * 10**9),
          "AUDIO_BAD_RATE", "AUDIO_BAD_RATE"),
    Fault("A21", "silent.flac", lambda w: w.of(0 * w.audio, ".flac")),
    Fault("A22", "beside zero.wav", lambda w: w.of(0.5 + 0.4 * w.audio)),
    Fault("A24", "extensible.wav",
          lambda w: foreign("WAVEX", "PCM_24")(w), "NO_TAG", "NO_TAG"),
    Fault("A25", "adpcm.wav", lambda w: w.file(".wav", "IMA_ADPCM")),
    Fault("A25", "mu-law.wav", lambda w: w.file(".wav", "ULAW")),
    Fault("A26", "adpcm blocks too long.wav",
          lambda w: form_field(w.file(".wav", "IMA_ADPCM"), 18, "<H", 65535),
          "AUDIO_HEADER_MISMATCH", "AUDIO_HEADER_MISMATCH"),
    Fault("A27", "unknown codec.wav", lambda w: form_field(w.file(".wav"), 0, "<H", 0x7777),
          "AUDIO_UNSUPPORTED_CODEC", "AUDIO_UNSUPPORTED_CODEC"),
    Fault("A28", "a hole.mp3", lambda w: holed(w.file(".mp3")), "", "AUDIO_DAMAGED"),
    Fault("A29", "cut in half.mp3", lambda w: cut(w.file(".mp3")),
          "AUDIO_TRUNCATED", "AUDIO_TRUNCATED"),
    Fault("A30", "a large picture.mp3", _with_picture),
    Fault("A31", "a flipped bit.flac", lambda w: flipped(w.file(".flac")), "", "AUDIO_DAMAGED"),
    Fault("A31", "cut in half.flac", lambda w: cut(w.file(".flac")), "", "AUDIO_DAMAGED"),
    Fault("A32", "a flipped bit.ogg", lambda w: flipped(w.file(".ogg")), "", "AUDIO_DAMAGED"),
    Fault("A32", "cut in half.ogg", lambda w: cut(w.file(".ogg")), "", "AUDIO_TRUNCATED"),
    Fault("A33", "junk behind.mp3", lambda w: w.file(".mp3") + bytes(range(256)) * 4),
    Fault("A33", "junk in front.mp3", lambda w: bytes(range(128)) * 8 + w.file(".mp3")),
    Fault("A34", "of matlab.wav", foreign("MAT4", "PCM_16"), "NOT_AUDIO", "NOT_AUDIO"),
    Fault("A34", "of ensoniq.wav", foreign("PAF", "PCM_16"), "NOT_AUDIO", "NOT_AUDIO"),
    Fault("A35", "an hour of nothing.flac", _for_hours, "", "AUDIO_TOO_LONG"),
    Fault("A36", "strange text.mp3", _strange_text),
)  # fmt: skip
"""A17 (192 kHz) is among the ordinary files of a collection; A23 is far too large."""
