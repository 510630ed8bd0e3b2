"""The decoder process: libsndfile in a cell, fed with bytes, giving back samples.

Started as ``python -m whisperwave.library.decoder`` by `whisperwave.library.cell`. It opens no
file, writes none, starts no process, and dies alone if a hostile file breaks the decoder.

One request is two frames: a mapping (``max_seconds``, ``wants_samples``, ``md5_bits`` and the
limits ``memory_bytes``, ``cpu_seconds``, ``cpu_seconds_per_minute``) and the file's content. The
answer is any number of frames of interleaved samples, then a mapping: their type (``int16`` where
the file has 16 bits, else ``float32``), rate, channels, frames, what was found in the samples, and
libsndfile's complaint if any.
"""

import hashlib
import io
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
import soundfile
from numpy.typing import NDArray

from whisperwave.library.frames import receive, send
from whisperwave.library.limits import confine, limit_memory, limit_time

# Large blocks are fast. What libsndfile has read of a block is lost when the block holds a fault,
# so after one the sound is read again in small ones, from where the last whole block ended.
_BLOCKS_FRAMES = (65_536, 4_096)
_MOST_VALUES = 2**29
_FULL_16 = 2.0**15


class _Findings:
    """What the samples are like, gathered block by block."""

    def __init__(self, md5_bits: int) -> None:
        self.frames = 0
        self.peak = 0.0
        self.nonfinite = 0
        self.first_nonfinite = -1
        self._sums = np.zeros(1)  # of each channel, once there is a block
        self._md5_bits = md5_bits
        self._md5 = hashlib.md5(usedforsecurity=False)

    def update(self, block: NDArray[np.floating] | NDArray[np.int16]) -> None:
        # Channel by channel: along the first axis NumPy adds much more slowly.
        sums = np.array([channel.sum(dtype=np.float64) for channel in block.T])
        if np.isfinite(sums).all():
            scale = _FULL_16 if block.dtype == np.int16 else 1.0
            self.peak = max(self.peak, float(block.max()) / scale, -float(block.min()) / scale)
            self._sums = self._sums + sums / scale
        else:
            self._note_nonfinite(~np.isfinite(block))
        if self._md5_bits:
            self._md5.update(_integers(block, self._md5_bits))
        self.frames += len(block)

    def _note_nonfinite(self, bad: NDArray[np.bool_]) -> None:
        if self.nonfinite == 0:
            self.first_nonfinite = self.frames + int(np.argmax(bad.any(axis=1)))
        self.nonfinite += int(bad.sum())

    def as_mapping(self) -> dict[str, Any]:
        return {
            "frames": self.frames,
            "peak": self.peak,
            "nonfinite": self.nonfinite,
            "first_nonfinite": self.first_nonfinite,
            "dc": float(np.abs(self._sums).max()) / max(1, self.frames),
            "md5": self._md5.hexdigest() if self._md5_bits else "",
        }


def _integers(block: NDArray[np.floating] | NDArray[np.int16], bits: int) -> bytes:
    """The samples as FLAC digests them: little-endian, in the fewest whole bytes."""
    if block.dtype == np.int16:
        return block.astype("<i2", copy=False).tobytes()
    whole = np.rint(block * 2.0 ** (bits - 1)).astype("<i4")
    width = (bits + 7) // 8
    return bytes(whole.view(np.uint8).reshape(-1, 4)[:, :width].tobytes())


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until the other side goes away."""
    while True:
        try:
            request = receive(requests)
        except EOFError:
            return
        if not isinstance(request, dict):
            raise TypeError("a request begins with a mapping")
        limit_memory(request["memory_bytes"])
        limit_time(_allowance(request, 0.0))
        content = receive(requests)
        if not isinstance(content, bytes):
            raise TypeError("a request's second frame is the file's content")
        _answer(answers, request, content)


def _answer(answers: BinaryIO, request: dict[str, Any], content: bytes) -> None:
    findings = _Findings(request["md5_bits"])
    answer: dict[str, Any] = {
        "error": "", "is_too_long": False, "sample_rate": 0, "channels": 0, "type": "float32"
    }  # fmt: skip
    for block_frames in _BLOCKS_FRAMES:
        try:
            with soundfile.SoundFile(io.BytesIO(content)) as file:
                answer |= _described(file, request)
                _read(file, block_frames, request, findings, answer, answers)
                if answer["is_too_long"] or findings.frames >= file.frames:
                    break
        except soundfile.LibsndfileError as error:
            answer["error"] = error.error_string
    send(answers, answer | findings.as_mapping())


def _described(file: soundfile.SoundFile, request: dict[str, Any]) -> dict[str, Any]:
    is_narrow = file.subtype == "PCM_16" and request["md5_bits"] in (0, 16)
    kind = "int16" if is_narrow else "float32"
    return {"sample_rate": file.samplerate, "channels": file.channels, "type": kind, "error": ""}


def _read(
    file: soundfile.SoundFile, block_frames: int, request: dict[str, Any], findings: _Findings,
    answer: dict[str, Any], answers: BinaryIO,
) -> None:  # fmt: skip
    """Send what has not been sent of the sound."""
    most = min(int(request["max_seconds"] * file.samplerate), _MOST_VALUES // file.channels)
    limit_time(_allowance(request, min(file.frames, most) / file.samplerate))
    known = findings.frames
    for block in _blocks(file, block_frames, answer["type"]):
        fresh = block[known:]
        known = max(0, known - len(block))
        if len(fresh):
            findings.update(fresh)
        if findings.frames > most:
            answer["is_too_long"] = True
            return
        if request["wants_samples"] and len(fresh):
            send(answers, fresh.tobytes())


def _blocks(
    file: soundfile.SoundFile, block_frames: int, kind: str
) -> Iterator[NDArray[np.float32] | NDArray[np.int16]]:
    """Up to the frames that the file announces first, then whatever else there is.

    A read across that border would lose the last frames of a FLAC file with a tag behind it.
    """
    block = np.empty((block_frames, file.channels), kind)
    left = file.frames
    while read := len(file.read(min(block_frames, left) or block_frames, out=block)):
        left = max(0, left - read)
        yield block[:read]


def _allowance(request: dict[str, Any], audio_seconds: float) -> float:
    """Processor time for so much sound, in seconds."""
    by_length = float(request["cpu_seconds_per_minute"]) * audio_seconds / 60
    return float(request["cpu_seconds"]) + by_length


if __name__ == "__main__":
    confine()
    serve(sys.stdin.buffer, sys.stdout.buffer)
