"""The run's log: one JSON object a line, to a file and to whoever listens; neither stops a run."""

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from whisperwave.library import durable

Report = Callable[[dict[str, Any]], None]

_OWN = frozenset({"worker_lost"})


class Aside:
    """The journal of a process that is not the first: what the first tells, it keeps to itself.

    Args:
        report: is told what only this process can know, with its number.
        rank: that number.
    """

    def __init__(self, report: Report, rank: int) -> None:
        self._report = report
        self._rank = rank

    def __call__(self, event: dict[str, Any]) -> None:
        """Tell of an event, if nobody else can."""
        if event["event"] in _OWN:
            self._report(event | {"rank": self._rank})


class Journal:
    """Writes events. A full disk costs lines, which are counted; a listener that is gone, nothing.

    Args:
        path: of ``log.jsonl``; a line that a kill has cut in two is ended before the next.
        listeners: each is told every event, until it fails with an error of the system.
    """

    def __init__(self, path: Path, listeners: Sequence[Report]) -> None:
        self._path = path
        self._listeners = list(listeners)
        self._lost = 0
        self._mend()

    def __call__(self, event: dict[str, Any]) -> None:
        """Write one event; it names itself in ``event["event"]``."""
        self._write(event)
        for listener in tuple(self._listeners):
            try:
                listener(event)
            except OSError as error:
                self._listeners.remove(listener)
                self._write({"event": "listener_gone", "reason": os.strerror(error.errno or 0)})

    def listen(self, listener: Report) -> None:
        """Tell one more listener, from the next event on."""
        self._listeners.append(listener)

    def _write(self, event: dict[str, Any]) -> None:
        lines = [json.dumps(event)]
        if self._lost:
            lines.insert(0, json.dumps({"event": "log_gap", "lines": self._lost}))
        try:
            with self._path.open("ab") as log:
                log.write("".join(line + "\n" for line in lines).encode())
        except OSError:
            self._lost += 1
            return
        self._lost = 0

    def _mend(self) -> None:
        try:
            whole = self._path.read_bytes()
        except FileNotFoundError:
            return
        except OSError as error:
            raise durable.explain(error, self._path) from error
        if whole and not whole.endswith(b"\n"):
            durable.write_bytes(self._path, whole[: whole.rfind(b"\n") + 1])


def read(path: Path) -> list[dict[str, Any]]:
    """All events of a run so far; a torn last line is left out."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else []
    return [json.loads(line) for line in lines if line.endswith("\n")]
