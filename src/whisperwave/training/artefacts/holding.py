"""One run, one trainer: the lock on a run's folder, which the system lets go of with its holder."""

import json
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from whisperwave.errors import TrainingError
from whisperwave.library import durable

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

LOCK = ".lock"


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Make and hold a run's folder alone; a killed holder holds it no longer.

    Raises:
        TrainingError: ``RUN_LOCKED``, with the process and the machine that hold it.
        OutputError: the folder cannot be made or written.
    """
    path = folder / LOCK
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = path.open("a+", encoding="utf-8")
    except OSError as error:
        raise durable.explain(error, path) from error
    with file:
        if not _taken(file):
            raise TrainingError(
                "RUN_LOCKED",
                f"{str(folder)!r} is being trained by {_holder(path)}.",
                "Wait for it, stop it, or begin another run with name=….",
            )
        file.truncate(0)
        file.write(json.dumps({"pid": os.getpid(), "host": platform.node()}))
        file.flush()
        yield


def _taken(file: IO[str]) -> bool:
    try:
        if sys.platform == "win32":
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _holder(path: Path) -> str:
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
        return f"process {holder['pid']} on {holder['host']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
