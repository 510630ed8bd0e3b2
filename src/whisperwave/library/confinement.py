"""The parent's side of a process with limits: started when first needed, used again, replaced.

Bytes from strangers are read there. What makes it crash, hang or eat memory costs that one file:
the process is ended, the caller gets an error, and the next file gets a new process.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

from whisperwave.errors import WhisperwaveError

# Without these some systems cannot start Python or find the C libraries; no other is passed on.
_KEPT_VARIABLES = ("SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
# It goes on with the next block while we are busy with the last; the system's own size is less.
_PIPE_BYTES = 1024**2
_OUT_OF_PROCESSOR_TIME = getattr(signal, "SIGXCPU", signal.SIGTERM)


@dataclass(frozen=True)
class Ending:
    """How a process ended before it had answered: for want of time, or otherwise.

    ``what`` goes on from "The decoder …".
    """

    is_late: bool
    what: str


class ConfinedProcess:
    """One process, restarted when it has died. Safe to share between threads.

    Args:
        command: what our own interpreter is to run; it talks in `whisperwave.library.frames`.
        failure: the error for an ending that came too early.
    """

    def __init__(
        self, command: tuple[str, ...], failure: Callable[[Ending], WhisperwaveError]
    ) -> None:
        self._command = (sys.executable, *command)
        self._failure = failure
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._lock = threading.Lock()

    def close(self) -> None:
        """End the process, if there is one."""
        if self._process is not None and self._owner == os.getpid():
            _end(self._process)
        self._process = None

    @contextmanager
    def exchange(self, seconds: float) -> Iterator[tuple[BinaryIO, BinaryIO]]:
        """The two pipes, for one thread at a time and at most ``seconds`` by the clock.

        On any failure the process is gone, so that no answer is ever mixed up with another.

        Raises:
            WhisperwaveError: what ``failure`` made of the ending.
        """
        with self._lock:
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
                raise self._failure(_ending(status, timer.has_passed, seconds)) from error
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
            pipesize=_PIPE_BYTES,
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


def _ending(status: int, has_passed: bool, seconds: float) -> Ending:
    if has_passed:
        return Ending(True, f"was not done after {seconds:.0f} s")
    if status == -_OUT_OF_PROCESSOR_TIME:
        return Ending(True, "used up its processor time")
    how = f"signal {-status}" if status < 0 else f"exit status {status}"
    return Ending(False, f"ended with {how}")


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
