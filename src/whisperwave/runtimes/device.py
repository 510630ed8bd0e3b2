"""The sound device, by the `sounddevice` package: sound is made ahead and played from a ring."""

import importlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Event
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whisperwave.errors import OutputError, check_within
from whisperwave.runtimes.ring import FADE_SECONDS, Ring

Floats = NDArray[np.float32]

AHEAD_SECONDS = (0.1, 30.0)
BLOCKS = (16, 16_384)
_WAIT_SECONDS = 0.01
_LAST_SECONDS = 1.0  # that a stopped device gets to fade
_PIPE = "Or let another program play: `--output - | aplay -f S16_LE -c 2 -r 48000`."


@dataclass(frozen=True)
class Heard:
    """What became of a stream: ``samples`` of it were taken.

    ``underruns`` counts how often it ran out on the way to a loudspeaker, ``missing_seconds`` is
    the silence that was heard instead, ``late`` counts blocks that the device itself missed.
    ``full`` says why no more could be taken, if that was so.
    """

    samples: int
    underruns: int = 0
    missing_seconds: float = 0.0
    late: int = 0
    full: str = ""


class Device:
    """A sound device to play on.

    Args:
        name: its number or a part of its name; None is the system's own choice.
        block: samples that it asks for at once.
        ahead_seconds: sound that is made before it is played.
        driver: the module `sounddevice`, or what behaves like it.

    Raises:
        ConfigError: ``OUT_OF_RANGE``.
        OutputError: ``NO_SOUNDDEVICE`` or ``NO_PORTAUDIO``, with what to install.
    """

    def __init__(
        self,
        name: str | None = None,
        block: int = 1024,
        ahead_seconds: float = 1.0,
        driver: Any = None,
    ) -> None:
        check_within("block", block, *BLOCKS, "samples")
        check_within("ahead", ahead_seconds, *AHEAD_SECONDS, "seconds")
        self._driver = driver or _sounddevice()
        self._name = int(name) if name is not None and name.isdigit() else name
        self._block, self._ahead_seconds = block, ahead_seconds

    def play(self, blocks: Iterable[Floats], channels: int, sample_rate: int, stop: Event) -> Heard:
        """Play ``blocks [C, n]`` to their end, or until ``stop`` is set.

        Raises:
            OutputError: ``NO_SUCH_DEVICE``, ``DEVICE_FAILED`` or ``DEVICE_LOST``.
        """
        least = 4 * (self._block + round(FADE_SECONDS * sample_rate))
        ring = Ring(channels, max(round(self._ahead_seconds * sample_rate), least), sample_rate)
        late = 0

        def fill(out: Floats, _frames: int, _time: object, status: Any) -> None:
            nonlocal late
            ring.read(out)
            if status and status.output_underflow:
                late += 1

        device = self._opened(channels, sample_rate, fill)
        try:
            self._feed(ring, blocks, device, stop)
        finally:
            device.close()
        return Heard(ring.played, ring.underruns, ring.missing / sample_rate, late)

    def _feed(self, ring: Ring, blocks: Iterable[Floats], device: Any, stop: Event) -> None:
        """Keep the ring full, then let the device play what is in it."""
        started = False
        for block in blocks:
            taken = ring.write(block)
            while taken < block.shape[1] and not stop.is_set():
                started = started or _start(device)
                _check_active(device)
                stop.wait(_WAIT_SECONDS)
                taken += ring.write(block[:, taken:])
            if stop.is_set():
                break
        ring.end()
        if not started:
            _start(device)
        while not ring.drained and not stop.wait(_WAIT_SECONDS):
            _check_active(device)
        ring.stop()
        for _ in range(round(_LAST_SECONDS / _WAIT_SECONDS)):
            if ring.drained or not device.active:
                break
            time.sleep(_WAIT_SECONDS)
        device.stop()

    def _opened(self, channels: int, sample_rate: int, fill: Callable[..., None]) -> Any:
        try:
            return self._driver.OutputStream(
                samplerate=sample_rate, blocksize=self._block, device=self._name,
                channels=channels, dtype="float32", callback=fill,
            )  # fmt: skip
        except ValueError as error:  # what sounddevice says of a name that fits none, or several
            raise OutputError(
                "NO_SUCH_DEVICE", f"{self._name!r} is not one device: {error}.",
                f"Name one of {', '.join(self._names()) or 'none that can be found'}.",
            ) from error  # fmt: skip
        except Exception as error:  # PortAudio's errors have no common base
            raise _failed(error) from error

    def _names(self) -> list[str]:
        devices = self._driver.query_devices()
        return [repr(each["name"]) for each in devices if each["max_output_channels"] > 0]


def _start(device: Any) -> bool:
    try:
        device.start()
    except Exception as error:
        raise _failed(error) from error
    return True


def _failed(error: Exception) -> OutputError:
    return OutputError(
        "DEVICE_FAILED", f"the sound device cannot play: {error}.",
        f"Check that a loudspeaker is connected and not in use. {_PIPE}",
    )  # fmt: skip


def _check_active(device: Any) -> None:
    if not device.active:
        raise OutputError(
            "DEVICE_LOST", "the sound device stopped playing.",
            "Check that the loudspeaker is still connected, and start again.",
        )  # fmt: skip


def _sounddevice() -> Any:
    """The module, which looks for PortAudio when it is imported."""
    try:
        return importlib.import_module("sounddevice")
    except ImportError as error:
        raise OutputError(
            "NO_SOUNDDEVICE", "the package sounddevice is not installed.",
            f'Run `pip install "whisperwave[play]"`. {_PIPE}',
        ) from error  # fmt: skip
    except OSError as error:
        raise OutputError(
            "NO_PORTAUDIO", f"sounddevice cannot be used: {error}.",
            f"Install PortAudio, for example `apt install libportaudio2`. {_PIPE}",
        ) from error  # fmt: skip
