"""The decoder process: libsndfile in a cell, fed with bytes, giving back samples.

Started as ``python -m whisperwave.library.decoder`` by `whisperwave.library.cell`. It opens no
file, writes none, starts no process, and dies alone if a hostile file breaks the decoder.

One request is two frames: a mapping (``max_seconds``, ``wants_samples``, ``md5_bits`` and the
limits ``memory_bytes``, ``cpu_seconds``, ``cpu_seconds_per_minute``) and the file's content. The
answer is a mapping, if the file can be opened: ``sample_rate``, ``channels`` and the samples'
``type`` (``int16`` where the file has 16 bits, else ``float32``); any number of frames of
interleaved samples; and a mapping of how many frames there were, what was found in them, and
libsndfile's complaint if any.
"""

import io
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
import soundfile
from numpy.typing import NDArray

from whisperwave.library.findings import MOST_VALUES, Findings
from whisperwave.library.frames import receive, send
from whisperwave.library.limits import confine, limit_memory, limit_time

# Large blocks are fast. What libsndfile has read of a block is lost when the block holds a fault,
# so after one the sound is read again in small ones, from where the last whole block ended.
_BLOCKS_FRAMES = (65_536, 4_096)

Blocks = Iterator[NDArray[np.float32] | NDArray[np.int16]]


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
    findings = Findings(request["md5_bits"])
    answer: dict[str, Any] = {
        "error": "", "is_too_long": False, "sample_rate": 0, "channels": 0
    }  # fmt: skip
    for block_frames in _BLOCKS_FRAMES:
        try:
            with soundfile.SoundFile(io.BytesIO(content)) as file:
                form = {"sample_rate": file.samplerate, "channels": file.channels}
                kind = _type(file, request)
                send(answers, form | {"type": kind})
                answer |= form | {"error": ""}
                _read(file, _blocks(file, block_frames, kind), request, findings, answer, answers)
                if answer["is_too_long"] or findings.frames >= file.frames:
                    break
        except soundfile.LibsndfileError as error:
            answer["error"] = error.error_string
    send(answers, answer | findings.as_mapping())


def _type(file: soundfile.SoundFile, request: dict[str, Any]) -> str:
    is_narrow = file.subtype == "PCM_16" and request["md5_bits"] in (0, 16)
    return "int16" if is_narrow else "float32"


def _read(
    file: soundfile.SoundFile, blocks: Blocks, request: dict[str, Any], findings: Findings,
    answer: dict[str, Any], answers: BinaryIO,
) -> None:  # fmt: skip
    """Send what has not been sent of the sound."""
    most = min(int(request["max_seconds"] * file.samplerate), MOST_VALUES // file.channels)
    limit_time(_allowance(request, min(file.frames, most) / file.samplerate))
    known = findings.frames
    for block in blocks:
        fresh = block[known:]
        known = max(0, known - len(block))
        if len(fresh):
            findings.update(fresh)
        if findings.frames > most:
            answer["is_too_long"] = True
            return
        if request["wants_samples"] and len(fresh):
            send(answers, fresh.tobytes())


def _blocks(file: soundfile.SoundFile, block_frames: int, kind: str) -> Blocks:
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
