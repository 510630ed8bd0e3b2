"""WAV, 24-bit PCM, with its tags in a LIST/INFO chunk.

Our own writer: the usual library stamps the time into a PEAK chunk, so that no two files agree.
Layout after Microsoft and IBM, "Multimedia Programming Interface and Data Specifications 1.0".
"""

import struct

import numpy as np
from numpy.typing import NDArray

from whisperwave.errors import OutputError
from whisperwave.generation.tags import Tags

BYTES_PER_SAMPLE = 3
_PCM = 1
_LARGEST = 2**32 - 8
_PIECE = 1 << 20


def encode(audio: NDArray[np.float32], sample_rate: int, tags: Tags, _serial: int) -> bytes:
    """``audio [C, T]`` as the bytes of a WAV file.

    Raises:
        OutputError: more than the four gibibytes that a WAV file can say it holds.
    """
    chunks = _chunk(b"fmt ", _format(len(audio), sample_rate)) + _chunk(b"LIST", _info(tags))
    pcm = _pcm24(audio)
    if len(chunks) + len(pcm) + 64 > _LARGEST:
        raise OutputError("TOO_LONG", f"{len(pcm)} bytes are too many for WAV.", "Use .flac.")
    return _chunk(b"RIFF", b"WAVE" + chunks + _chunk(b"data", pcm))


def _format(channels: int, sample_rate: int) -> bytes:
    frame = channels * BYTES_PER_SAMPLE
    rates = (sample_rate, sample_rate * frame)
    return struct.pack("<HHIIHH", _PCM, channels, *rates, frame, 8 * BYTES_PER_SAMPLE)


def _info(tags: Tags) -> bytes:
    fields = {b"INAM": tags.title, b"IART": tags.artist, b"ICMT": tags.comment,
              b"ISFT": tags.software}  # fmt: skip
    texts = (_chunk(name, text.encode() + b"\0") for name, text in fields.items())
    return b"INFO" + b"".join(texts)


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def _pcm24(audio: NDArray[np.float32]) -> bytes:
    pieces = (audio[:, start : start + _PIECE] for start in range(0, audio.shape[-1], _PIECE))
    return b"".join(_pcm24_piece(piece) for piece in pieces)


def _pcm24_piece(audio: NDArray[np.float32]) -> bytes:
    full_scale = 2.0**23
    scaled = np.rint(audio.T.astype(np.float64) * full_scale)
    whole = np.clip(scaled, -full_scale, full_scale - 1.0).astype("<i4")
    return whole[..., np.newaxis].view(np.uint8)[..., :BYTES_PER_SAMPLE].tobytes()
