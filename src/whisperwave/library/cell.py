"""The decoder process, as its parent sees it: a sound file's bytes in, samples out."""

import atexit
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

from whisperwave.errors import AudioError
from whisperwave.library.audio import Hear
from whisperwave.library.confinement import ConfinedProcess, Ending
from whisperwave.library.frames import receive, send

# Wall-clock limit: this many times the processor time that the decoder may use, for busy machines.
_PATIENCE = 4
# Processor time for any file, and more for each minute of its sound; memory beyond its content.
_CPU_SECONDS, _CPU_SECONDS_PER_MINUTE = 30.0, 2.0
_MEMORY_BYTES = 1024**3


@dataclass(frozen=True)
class Decoded:
    """What came out of the decoder beside the samples: the mapping of its findings."""

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


class DecoderCell(ConfinedProcess):
    """One decoder process, restarted when it has died. Safe to share between threads."""

    def __init__(self, command: tuple[str, ...] = ("-P", "-m", "whisperwave.library.decoder")):
        super().__init__(command, _failure)

    def decode(
        self, content: bytes, *, max_seconds: float, hear: Hear | None = None, md5_bits: int = 0
    ) -> Decoded:
        """Decode a whole sound file held in memory; the samples go to ``hear``, if it is there.

        Raises:
            AudioError: DECODER_CRASHED or DECODER_TIMEOUT.
        """
        request = {
            "max_seconds": max_seconds,
            "wants_samples": hear is not None,
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
            return _collect(answers, hear)


def _collect(answers: BinaryIO, hear: Hear | None) -> Decoded:
    """Pass the samples on as they come. Before them stands what they are, behind what they were."""
    form: dict[str, Any] = {}
    while isinstance(frame := receive(answers), bytes) or "frames" not in frame:
        if isinstance(frame, dict):
            form = frame
        elif hear is not None:
            values = np.frombuffer(frame, form["type"])
            hear(values.reshape(-1, form["channels"]), form["sample_rate"])
    return Decoded(**frame)


def _failure(ending: Ending) -> AudioError:
    return AudioError(
        "DECODER_TIMEOUT" if ending.is_late else "DECODER_CRASHED",
        f"The decoder {ending.what}.",
        "The file is damaged or hostile; leave it out, or export it again.",
    )


SHARED = DecoderCell()
atexit.register(SHARED.close)
