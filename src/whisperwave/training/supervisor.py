"""Starts a run again when it has died, and stops when starting again is no use."""

import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import IO, Any

from whisperwave.errors import GaveUpError
from whisperwave.training.artefacts.journal import Report
from whisperwave.training.processes.launched import check_alone

_EQUAL = 3  # failures in a row that are alike, without a checkpoint between them
_ANY = 6  # the same, whatever they are
_PERMANENT = {2: "its settings are refused", 10: "it has diverged"}  # by exit code
_LONGEST_PAUSE = 60.0  # seconds
_LOOK = 0.05  # the same: how often somebody who waits looks whether it was asked to stop
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True)
class Failure:
    """How a run ended: its exit code, negative for a signal, and the code of its error."""

    exit_code: int
    error: str

    def __str__(self) -> str:
        if self.exit_code < 0:
            return signal.Signals(-self.exit_code).name
        return self.error or f"exit code {self.exit_code}"


def supervise(words: Sequence[str], report: Report) -> None:
    """Run ``whisperwave train`` with these words until it ends well or was asked to stop.

    Ctrl-C and SIGTERM are passed on to the run.

    Args:
        words: of the command line, behind ``train``.
        report: is given the run's events, and a ``restart`` before each start but the first.

    Raises:
        GaveUpError: ``GAVE_UP``; the same failure thrice without a new checkpoint, too many
            different ones, or one that no restart can mend.
        ConfigError: ``ONE_PROCESS``, torchrun watches.
    """
    check_alone("--supervise")
    Supervisor(words, report).watch()


class Supervisor:
    """Watches one run, through all its starts."""

    def __init__(self, words: Sequence[str], report: Report) -> None:
        self._command = (sys.executable, "-m", "whisperwave", "train", *words, "--json")
        self._report = report
        self._kept = -1  # the newest checkpoint's step
        self._asked = False
        self._unheard: int | None = None  # a signal that came when there was no child to hear it
        self._child: subprocess.Popen[str] | None = None

    def watch(self) -> None:
        """Start, and start again, to the end."""
        failures: list[Failure] = []
        restarts = 0
        with self._passing_on():
            while not self._asked:
                before = self._kept
                failure = self._run(f"--restarted-after={failures[-1]}" if restarts else None)
                if failure is None or self._asked:
                    return
                failures = [failure] if self._kept > before else [*failures, failure]
                _check(failures, self._kept)
                restarts += 1
                told = {"event": "restart", "number": restarts, "after": str(failure)}
                self._report(told | {"step": max(self._kept, 0)})
                self._pause(min(_LONGEST_PAUSE, 2.0 ** (len(failures) - 1)))

    def _pause(self, seconds: float) -> None:
        """Wait; somebody who asks to stop does not."""
        until = time.monotonic() + seconds
        while not self._asked and time.monotonic() < until:
            time.sleep(_LOOK)

    def _run(self, mark: str | None) -> Failure | None:
        """One start: its events are passed on; returns how it failed, or None."""
        command = [*self._command, *([mark] if mark else [])]
        with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
            with subprocess.Popen(  # noqa: S603 # our own program, with the user's own words
                command,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,  # a terminal's Ctrl-C reaches it once: through here
            ) as child:
                self._child = child
                if self._unheard is not None:  # it came while the child was being started
                    child.send_signal(self._unheard)
                assert child.stdout is not None  # noqa: S101 # it was asked for
                for line in child.stdout:
                    self._hear(line)
            self._child = None
            return self._judge(child.returncode, errors)

    def _hear(self, line: str) -> None:
        try:
            event: dict[str, Any] = json.loads(line)
        except ValueError:
            return  # the last line of a run that was killed
        if event["event"] in ("checkpoint", "resumed"):
            self._kept = max(self._kept, event["step"])
        self._report(event)

    def _judge(self, exit_code: int, errors: IO[str]) -> Failure | None:
        errors.seek(0)
        said = errors.read()
        if exit_code == 0:
            return None
        sys.stderr.write(said)
        return Failure(exit_code, _code_of(said))

    @contextmanager
    def _passing_on(self) -> Iterator[None]:
        def pass_on(number: int, _frame: FrameType | None) -> None:
            self._asked = True
            if self._child is None:
                self._unheard = number
            else:
                self._child.send_signal(number)

        previous = {each: signal.signal(each, pass_on) for each in _SIGNALS}
        try:
            yield
        finally:
            for each, handler in previous.items():
                signal.signal(each, handler)


def _check(failures: Sequence[Failure], kept: int) -> None:
    """Give up where starting again is no use; ``failures`` are those since the last progress."""
    last = failures[-1]
    if last.exit_code in _PERMANENT:
        why = f"The run cannot go on: {_PERMANENT[last.exit_code]}"
    elif len(failures) >= _EQUAL and len(set(failures[-_EQUAL:])) == 1:
        why = f"The run failed {_EQUAL} times in the same way without getting any further"
    elif len(failures) >= _ANY:
        why = f"The run failed {_ANY} times without getting any further"
    else:
        return
    at = f"step {kept} is kept" if kept >= 0 else "nothing is kept yet"
    raise GaveUpError("GAVE_UP", f"{why} ({last}); {at}.", "See the error above.")


def _code_of(said: str) -> str:
    """The code of the error that a run has told last, if it has told one."""
    for line in reversed(said.splitlines()):
        try:
            return str(json.loads(line)["error"]["code"])
        except (ValueError, KeyError, TypeError):
            continue
    return ""
