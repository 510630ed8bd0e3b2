"""The decoder process, as its parent sees it: a sound file's bytes in, samples out."""

import atexit
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from whisperwave.errors import AudioError
from whisperwave.library.confinement import ConfinedProcess, Ending
from whisperwave.library.frames import receive, send

# Wall-clock limit: this many times the processor time that the decoder may use, for busy machines.
_PATIENCE = 4
# Processor time for any file, and more for each minute of its sound; memory beyond its content.
_CPU_SECONDS, _CPU_SECONDS_PER_MINUTE = 30.0, 2.0
_MEMORY_BYTES = 1024**3


@dataclass(frozen=True)
class Decoded:
    """What came out of the decoder: the mapping of its findings, and ``[C, T]`` samples."""

    sample_rate: int
    channels: int
    frames: int
    error: str
    is_too_long: bool
    nonfinite: int
    first_nonfinite: int
    peak: float
    dc: float
    md5: str
    samples: NDArray[np.float32]


class DecoderCell(ConfinedProcess):
    """One decoder process, restarted when it has died. Safe to share between threads."""

    def __init__(self, command: tuple[str, ...] = ("-P", "-m", "whisperwave.library.decoder")):
        super().__init__(command, _failure)

    def decode(
        self, content: bytes, *, max_seconds: float, wants_samples: bool = True, md5_bits: int = 0
    ) -> Decoded:
        """Decode a whole sound file held in memory.

        Raises:
            AudioError: DECODER_CRASHED or DECODER_TIMEOUT.
        """
        request = {
            "max_seconds": max_seconds,
            "wants_samples": wants_samples,
            "md5_bits": md5_bits,
            "cpu_seconds": _CPU_SECONDS,
            "cpu_seconds_per_minute": _CPU_SECONDS_PER_MINUTE,
            # Twice the content: it is joined from the pieces that come through the pipe.
            "memory_bytes": _MEMORY_BYTES + 2 * len(content),
        }
        seconds = _PATIENCE * (_CPU_SECONDS + _CPU_SECONDS_PER_MINUTE * max_seconds / 60)
        with self.exchange(seconds) as (requests, answers):
            send(requests, request)
            send(requests, content)
            return _collect(answers)


def _collect(answers: BinaryIO) -> Decoded:
    blocks: list[bytes] = []
    while isinstance(frame := receive(answers), bytes):
        blocks.append(frame)
    interleaved = np.frombuffer(b"".join(blocks), frame["type"])
    by_frame = interleaved.reshape(-1, max(1, frame["channels"]))
    samples = np.ascontiguousarray(by_frame.T, np.float32)
    if by_frame.dtype == np.int16:
        samples *= np.float32(2.0**-15)
    return Decoded(samples=samples, **_known(frame))


def _known(answer: dict[str, Any]) -> dict[str, Any]:
    names = Decoded.__dataclass_fields__.keys() - {"samples"}
    return {name: answer[name] for name in names}


def _failure(ending: Ending) -> AudioError:
    return AudioError(
        "DECODER_TIMEOUT" if ending.is_late else "DECODER_CRASHED",
        f"The decoder {ending.what}.",
        "The file is damaged or hostile; leave it out, or export it again.",
    )


SHARED = DecoderCell()
atexit.register(SHARED.close)
