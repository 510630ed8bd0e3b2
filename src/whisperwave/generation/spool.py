"""A sound that waits on the disk until it is finished: an hour of it takes no memory."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from whisperwave.library import durable

Floats = NDArray[np.float32]

_AT_ONCE = 1 << 15  # samples


class Sound(Protocol):
    """A sound that can be heard again and again, block by block."""

    @property
    def channels(self) -> int:
        """How many."""

    @property
    def samples(self) -> int:
        """How many in each channel."""

    @property
    def mean(self) -> Floats:
        """The constant offset of each channel, ``[C, 1]``."""

    def blocks(self) -> Iterator[Floats]:
        """All of it from the beginning, ``[C, n]`` each."""


class Kept:
    """A `Sound` in memory, ``[C, T]``."""

    def __init__(self, audio: Floats) -> None:
        self._audio = audio
        self.channels, self.samples = audio.shape
        self.mean = audio.mean(axis=1, keepdims=True, dtype=np.float64).astype(np.float32)

    def blocks(self) -> Iterator[Floats]:
        """All of it from the beginning, ``[C, n]`` each."""
        for start in range(0, self.samples, _AT_ONCE):
            yield self._audio[:, start : start + _AT_ONCE]


class Spool:
    """A `Sound` in a nameless file that is gone when the process is, however it ends.

    Args:
        channels: of the sound.
        beside: the file's folder is where the spool lies; four bytes a sample are needed there.
    """

    def __init__(self, channels: int, beside: Path) -> None:
        self.channels, self.samples, self._beside = channels, 0, beside
        self._sum = np.zeros((channels, 1))
        try:
            self._file = tempfile.TemporaryFile(dir=beside.parent)  # noqa: SIM115 # until `close`
        except OSError as error:
            raise durable.explain(error, beside) from error

    def append(self, block: Floats) -> None:
        """Put a block ``[C, n]`` behind what is there.

        Raises:
            OutputError: ``DISK_FULL``, or what else the disk has against it.
        """
        try:
            self._file.write(np.ascontiguousarray(block.T, "<f4").data)
        except OSError as error:
            raise durable.explain(error, self._beside) from error
        self._sum += block.sum(axis=1, keepdims=True, dtype=np.float64)
        self.samples += block.shape[1]

    @property
    def mean(self) -> Floats:
        """The constant offset of each channel, ``[C, 1]``."""
        return (self._sum / max(1, self.samples)).astype(np.float32)

    def blocks(self) -> Iterator[Floats]:
        """All of it from the beginning, ``[C, n]`` each."""
        frame = 4 * self.channels
        for start in range(0, self.samples, _AT_ONCE):
            self._file.seek(start * frame)
            data = self._file.read(min(_AT_ONCE, self.samples - start) * frame)
            yield np.frombuffer(data, "<f4").reshape(-1, self.channels).T

    def close(self) -> None:
        """Give the room on the disk back."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
