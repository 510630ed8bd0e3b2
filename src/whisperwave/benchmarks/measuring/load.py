"""A busy machine, on purpose."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# They end with the process that started them, however it ends.
_SPIN = "import os\nwhile os.getppid() == {parent}: sum(range(10_000))"


@contextmanager
def busy(processes: int) -> Iterator[None]:
    """So many other processes compute all the time, at our own priority."""
    command = [sys.executable, "-c", _SPIN.format(parent=os.getpid())]
    started = [subprocess.Popen(command) for _ in range(processes)]  # noqa: S603 # our own words
    try:
        yield
    finally:
        for each in started:
            each.kill()
            each.wait()
