"""A disk that fails at a chosen call: `faults.c`, compiled, in front of the C library."""

import ctypes
import os
import subprocess
import sys
import tempfile
from pathlib import Path

MODES = ("kill", "torn write and kill", "EIO once", "EIO", "ENOSPC once", "ENOSPC")
_VARIABLE = "WHISPERWAVE_FAULTS"


def preloaded() -> Path:
    """A new folder to fail in; the program that asks is started anew, with the faults in front."""
    if _VARIABLE not in os.environ:
        memory = Path("/dev/shm")  # a kill loses nothing there that a disk would keep
        folder = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
        shim = folder / "faults.so"
        source = Path(__file__).with_name("faults.c")
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", shim, source, "-ldl"], check=True)
        environment = os.environ | {"LD_PRELOAD": str(shim), _VARIABLE: str(folder)}
        os.execve(sys.executable, [sys.executable, *sys.argv], environment)
    return Path(os.environ[_VARIABLE])


def arm(folder: Path, point: int, mode: int) -> None:
    """From here on count the calls that change ``folder``, and fail the ``point``-th; 0: none."""
    ctypes.CDLL(None).fault_arm(os.fsencode(folder), ctypes.c_long(point), mode)


def points() -> int:
    """How many such calls there have been."""
    return int(ctypes.CDLL(None).fault_points())
