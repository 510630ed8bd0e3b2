"""Rendering: asking a session for sound, block by block, and measuring how fast it comes."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whisperwave.errors import EngineError
from whisperwave.runtimes import Session

Floats = NDArray[np.float32]
Progress = Callable[[float, float], None]
"""Told after every block: seconds of sound made, and wanted in all."""

BLOCK = 2048  # samples; short enough that Ctrl-C and the progress bar feel immediate


@dataclass(frozen=True)
class Rendering:
    """Sound ``[T]``, or ``[C, T]``, as the model made it, and the seconds that making it took."""

    audio: Floats
    seconds: float

    @property
    def samples_per_second(self) -> float:
        """The measured speed."""
        samples: int = self.audio.shape[-1]
        return samples / max(self.seconds, 1e-9)


def silent(_done: float, _total: float) -> None:
    """Progress that nobody watches."""


def render(
    session: Session, samples: int, sample_rate: int, progress: Progress = silent
) -> Rendering:
    """Let ``session`` go on for ``samples`` samples.

    Raises:
        EngineError: the model gave a value that is not finite.
    """
    channels = (session.channels,) if session.channels > 1 else ()
    audio = np.empty((*channels, samples), dtype=np.float32)
    started = time.perf_counter()
    for start in range(0, samples, BLOCK):
        stop = min(start + BLOCK, samples)
        block = np.empty((*channels, stop - start), dtype=np.float32)
        session.process(block)
        audio[..., start:stop] = block
        progress(stop / sample_rate, samples / sample_rate)
    seconds = time.perf_counter() - started
    check_finite(audio)
    return Rendering(audio, seconds)


def check_finite(audio: Floats, first: int = 0) -> None:
    """Refuse what a broken model gives.

    Args:
        audio: ``[T]``, or ``[C, T]``.
        first: its place in the piece.

    Raises:
        EngineError: ``NOT_FINITE``.
    """
    broken = ~np.isfinite(audio)
    if not broken.any():
        return
    place = int(np.argwhere(broken)[0][-1])
    raise EngineError(
        "NOT_FINITE",
        f"the model gave {audio[broken][0]} at sample {first + place}.",
        "Check the model file with another runtime, or train it again.",
    )
