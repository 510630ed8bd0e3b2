"""Training runs in forked children that have torch loaded already, so that hundreds are affordable.

Their steps draw from every generator of the process, which those of the models here do not, so that
one that is not put back shows.

The parent must never compute with torch itself: a pool of threads does not survive a fork.
"""

import json
import os
import random
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1] / "training"))

import numpy as np
import torch
from tiny_runs import TINY

from whisperwave.errors import WhisperwaveError
from whisperwave.training import run
from whisperwave.training.learning.autoregressive import NextSample

Event = dict[str, Any]


class Child:
    """A forked process that trains; its events come through a pipe, as they happen."""

    def __init__(self, sounds: Path, *words: str, **environment: str) -> None:
        reader, writer = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(reader)
            os.environ.update(environment)
            _leave(lambda: _train(sounds, words, writer))
        os.close(writer)
        self._reader, self._said = reader, b""

    def told(self, count: int) -> list[Event]:
        """Wait for so many events, or the end, and return those."""
        while self._said.count(b"\n") < count and (more := os.read(self._reader, 1 << 12)):
            self._said += more
        return self._events()[:count]

    def until(self, is_so: Callable[[], bool]) -> None:
        """Look without pause until something is so, or it has ended."""
        ended = os.WEXITED | os.WNOHANG | os.WNOWAIT  # and `wait` can still ask how
        while not is_so() and os.waitid(os.P_PID, self.pid, ended) is None:
            continue

    def kill(self) -> list[Event]:
        """End it at once, and return every event that it had told by then."""
        os.kill(self.pid, signal.SIGKILL)
        return self.wait()[1]

    def wait(self) -> tuple[int, list[Event]]:
        """Its exit code, and every event."""
        while more := os.read(self._reader, 1 << 16):
            self._said += more
        os.close(self._reader)
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status), self._events()

    def _events(self) -> list[Event]:
        whole = self._said[: self._said.rfind(b"\n") + 1]
        return [json.loads(line) for line in whole.splitlines()]


def apart(work: Callable[[], None]) -> bool:
    """Do something with torch in a child of its own; returns whether it ended well."""
    pid = os.fork()
    if pid == 0:
        _leave(work)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def _train(sounds: Path, words: tuple[str, ...], writer: int) -> None:
    def tell(event: Event) -> None:
        os.write(writer, json.dumps(event).encode() + b"\n")

    training_step = NextSample.training_step

    def drawing(self: NextSample, *batch: Any) -> torch.Tensor:
        drawn = random.random() + np.random.random() + float(torch.rand(()))  # noqa: NPY002 # that one
        return (1.0 + 0.1 * drawn) * training_step(self, *batch)

    NextSample.training_step = drawing  # in a process of its own
    try:
        run(sounds, [*TINY, *words], tell)
    except WhisperwaveError as error:
        tell({"event": "error", "code": error.code})
        raise


def _leave(work: Callable[[], None]) -> None:
    try:
        work()
    except BaseException:  # noqa: BLE001 # nothing may leave a forked child but by its exit
        traceback.print_exc()
        os._exit(1)
    os._exit(0)
