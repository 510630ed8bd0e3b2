"""The child's side of a process with limits: what it may no longer do, and how much it may use.

Where the system knows no such limits (Windows), there are none but the parent's clock.
"""

import os
import sys

if sys.platform != "win32":
    import resource


def confine() -> None:
    """Limits that stay: no core dump, no file written, no process or thread started."""
    if sys.platform != "win32":
        for limit in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC):
            resource.setrlimit(limit, (0, 0))


def close_the_door() -> None:
    """From now on no file or connection is opened: there are only the three pipes."""
    if sys.platform != "win32":
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))


def limit_memory(most_bytes: int) -> None:
    """All memory of the process, in bytes; an allocation beyond it fails."""
    if sys.platform != "win32":
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (most_bytes, hard))


def limit_time(seconds: float) -> None:
    """Processor time from now on; going over it ends the process."""
    if sys.platform != "win32":
        spent = sum(os.times()[:2])
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (int(spent + seconds) + 1, hard))
