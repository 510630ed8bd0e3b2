"""Where a stream can go: the sound device, a file, or a pipe that takes raw samples."""

import math
import os
import select
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from whisperwave.errors import ConfigError, OutputError
from whisperwave.generation.tags import Tags
from whisperwave.generation.writing import check_output, most_samples, write_sound
from whisperwave.runtimes.device import Device, Heard

Floats = NDArray[np.float32]

_TYPES = {"s16le": "<i2", "f32le": "<f4"}
SAMPLE_FORMATS = tuple(_TYPES)
LEAST_FREE_BYTES = 64 * 2**20  # on the disk: a stream leaves some for others
_ROOM_SECONDS = 4  # kept free at the end of a format: one second passes between two looks
_AT_ONCE = 4096  # bytes: a pipe that can be written takes so many
_WAIT_SECONDS = 0.05


@dataclass(frozen=True)
class About:
    """What a sink is told of the sound that it is given."""

    channels: int
    sample_rate: int
    tags: Tags
    serial: int


class Sink(Protocol):
    """Takes a stream."""

    def play(self, blocks: Iterable[Floats], about: About, stop: Event, /) -> Heard:
        """Take ``blocks [C, n]`` to their end; they end soon after ``stop`` is set."""


class DeviceSink:
    """The loudspeakers."""

    def __init__(self, device: Device) -> None:
        self._device = device

    def play(self, blocks: Iterable[Floats], about: About, stop: Event) -> Heard:
        """Play ``blocks [C, n]``."""
        return self._device.play(blocks, about.channels, about.sample_rate, stop)


class FileSink:
    """A sound file that has its name when the stream has ended, for whatever reason.

    Raises:
        OutputError: the extension is unknown, or the folder is missing.
    """

    def __init__(self, path: Path) -> None:
        check_output(path)
        self._path = path

    def play(self, blocks: Iterable[Floats], about: About, stop: Event) -> Heard:
        """Write ``blocks [C, n]``; ``stop`` is set when the disk or the format can hold no more."""
        watched = _Watched(self._path, about, stop)
        write_sound(
            self._path, watched.passing(blocks), about.channels, about.sample_rate, about.tags,
            about.serial,
        )  # fmt: skip
        return Heard(watched.samples, full=watched.full)


class _Watched:
    """Counts the samples that go into a file, and looks second by second whether there is room."""

    def __init__(self, path: Path, about: About, stop: Event) -> None:
        self.samples, self.full = 0, ""
        self._folder, self._second, self._stop = path.parent, about.sample_rate, stop
        self._most = most_samples(path, about.channels) or math.inf

    def passing(self, blocks: Iterable[Floats]) -> Iterator[Floats]:
        looked = -self._second
        for block in blocks:
            if self.samples - looked >= self._second and not self.full:
                looked, self.full = self.samples, self._reason()
                if self.full:
                    self._stop.set()
            self.samples += block.shape[1]
            yield block

    def _reason(self) -> str:
        if shutil.disk_usage(self._folder).free < LEAST_FREE_BYTES:
            return "the disk is nearly full"
        if self.samples + _ROOM_SECONDS * self._second > self._most:
            return "the format holds no more"
        return ""


class PipeSink:
    """Raw samples, channel by channel, into a file descriptor: little-endian, without a header.

    Args:
        descriptor: open for writing; a pipe that is closed at its other end ends the stream.
        sample_format: ``s16le`` or ``f32le``.

    Raises:
        ConfigError: ``BAD_FORMAT``.
        OutputError: ``IS_A_TERMINAL``.
    """

    def __init__(self, descriptor: int, sample_format: str = SAMPLE_FORMATS[0]) -> None:
        if sample_format not in SAMPLE_FORMATS:
            raise ConfigError(
                "BAD_FORMAT", f"samples in the format {sample_format!r} are not known.",
                f"Use {' or '.join(SAMPLE_FORMATS)}.",
            )  # fmt: skip
        if os.isatty(descriptor):
            raise OutputError(
                "IS_A_TERMINAL", "raw samples are nothing to look at.",
                "Send them on, for example `| aplay -f S16_LE -c 2 -r 48000`, or name a file.",
            )  # fmt: skip
        self._descriptor, self._format = descriptor, sample_format

    def play(self, blocks: Iterable[Floats], _about: About, stop: Event) -> Heard:
        """Write ``blocks [C, n]``."""
        samples = 0
        try:
            for block in blocks:
                if not self._written(raw(block, self._format), stop):
                    return Heard(samples, full="the pipe takes no more")
                samples += block.shape[1]
        except BrokenPipeError:
            return Heard(samples, full="the pipe was closed")
        return Heard(samples)

    def _written(self, data: bytes, stop: Event) -> bool:
        """Write all of it; False if the pipe has no room for the last of a stopped stream."""
        left = memoryview(data)
        while left:
            if self._has_room():
                left = left[os.write(self._descriptor, left[:_AT_ONCE]) :]
            elif stop.is_set():
                return False
        return True

    def _has_room(self) -> bool:
        if os.name != "posix":
            return True  # elsewhere only sockets can be asked; a write may then wait
        return bool(select.select([], [self._descriptor], [], _WAIT_SECONDS)[1])


def raw(block: Floats, sample_format: str) -> bytes:
    """``[C, n]`` as samples of the channels in turn, little-endian."""
    frames = np.ascontiguousarray(block.T)
    if sample_format == "s16le":
        frames = np.rint(np.clip(frames, -1.0, 1.0) * np.float32(32767.0))
    return bytes(frames.astype(_TYPES[sample_format]).data)
