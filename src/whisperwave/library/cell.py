"""The parent's side of the decoder process: started when first needed, used again, replaced.

A file that makes the decoder crash, hang or eat memory costs that one file: the process is ended,
the caller gets an error, and the next file gets a new process.
"""

import atexit
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from whisperwave.errors import AudioError
from whisperwave.library.frames import receive, send

# Wall-clock limit: this many times the processor time that the decoder may use, for busy machines.
_PATIENCE = 4
# Without these some systems cannot start Python or find the C libraries; no other is passed on.
_KEPT_VARIABLES = ("SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
# Processor time for any file, and more for each minute of its sound; memory beyond its content.
_CPU_SECONDS, _CPU_SECONDS_PER_MINUTE = 30.0, 2.0
_MEMORY_BYTES = 1024**3
_OUT_OF_PROCESSOR_TIME = getattr(signal, "SIGXCPU", signal.SIGTERM)


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


class DecoderCell:
    """One decoder process, restarted when it has died. Safe to share between threads."""

    def __init__(self, command: tuple[str, ...] = ("-P", "-m", "whisperwave.library.decoder")):
        self._command = (sys.executable, *command)
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._lock = threading.Lock()

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
        with self._lock, self._exchange(seconds) as (requests, answers):
            send(requests, request)
            send(requests, content)
            return _collect(answers)

    def close(self) -> None:
        """End the process, if there is one."""
        if self._process is not None and self._owner == os.getpid():
            _end(self._process)
        self._process = None

    @contextmanager
    def _exchange(self, seconds: float) -> Iterator[tuple[BinaryIO, BinaryIO]]:
        """The two pipes; on any failure the process is gone, so that no answer is ever mixed up."""
        process = self._running()
        timer = _Deadline(process, seconds)
        try:
            with timer:
                assert process.stdin  # noqa: S101 - both are pipes by construction
                assert process.stdout  # noqa: S101 - as above
                yield process.stdin, process.stdout  # type: ignore[misc] # BufferedReader is one
        except (EOFError, OSError) as error:
            status = _status(process)
            self.close()
            raise _failure(status, timer.has_passed, seconds) from error
        except BaseException:
            self.close()
            raise

    def _running(self) -> subprocess.Popen[bytes]:
        """The process; a forked child of ours must not share its parent's."""
        if self._process is None or self._owner != os.getpid() or self._process.poll() is not None:
            self.close()
            self._process = self._start()
            self._owner = os.getpid()
        return self._process

    def _start(self) -> subprocess.Popen[bytes]:
        path = os.pathsep.join(entry for entry in sys.path if entry)
        kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
        return subprocess.Popen(  # noqa: S603 - our own interpreter and module
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # mpg123 writes notes there that no one asked for
            env=kept | {"PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"},
            start_new_session=True,  # Ctrl-C is the parent's to handle
        )


class _Deadline:
    """Ends a process that is not done in time."""

    def __init__(self, process: subprocess.Popen[bytes], seconds: float) -> None:
        self.has_passed = False
        self._process = process
        self._timer = threading.Timer(seconds, self._pass)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _pass(self) -> None:
        self.has_passed = True
        self._process.kill()


def _collect(answers: BinaryIO) -> Decoded:
    blocks: list[bytes] = []
    while isinstance(frame := receive(answers), bytes):
        blocks.append(frame)
    interleaved = np.frombuffer(b"".join(blocks), np.float32)
    by_frame = interleaved.reshape(-1, max(1, frame["channels"]))
    return Decoded(samples=np.ascontiguousarray(by_frame.T), **_known(frame))


def _known(answer: dict[str, Any]) -> dict[str, Any]:
    names = Decoded.__dataclass_fields__.keys() - {"samples"}
    return {name: answer[name] for name in names}


def _failure(status: int, has_passed: bool, seconds: float) -> AudioError:
    remedy = "The file is damaged or hostile; leave it out, or export it again."
    if has_passed:
        return AudioError(
            "DECODER_TIMEOUT", f"The decoder was not done after {seconds:.0f} s.", remedy
        )
    if status == -_OUT_OF_PROCESSOR_TIME:
        return AudioError("DECODER_TIMEOUT", "The decoder used up its processor time.", remedy)
    how = f"signal {-status}" if status < 0 else f"exit status {status}"
    return AudioError("DECODER_CRASHED", f"The decoder process ended with {how}.", remedy)


def _status(process: subprocess.Popen[bytes]) -> int:
    """How the process ended, which its closed pipe foretells by a moment."""
    try:
        return process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _end(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            _close_quietly(pipe)
    process.kill()
    process.wait()


def _close_quietly(pipe: Any) -> None:
    try:
        pipe.close()
    except OSError:
        return  # unsent bytes for a process that is gone


SHARED = DecoderCell()
atexit.register(SHARED.close)
