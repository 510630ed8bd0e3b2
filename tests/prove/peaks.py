"""The most memory that a program held, told by itself."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent


def own_mib() -> float:
    """Of this program alone; what `getrusage` tells begins with that of the one that started it."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    (peak,) = (line for line in lines if line.startswith("VmHWM:"))
    return round(int(peak.split()[1]) / 1024, 1)


def children_mib() -> float:
    """Of the largest of its processes that have ended; each is a copy of this one at first."""
    return round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, 1)


def told_by(folder: Path, program: str, *words: Path) -> dict[str, Any]:
    """What a program prints as JSON, which may import this file."""
    script = folder / "program.py"  # a file, for processes that it starts read it again
    script.write_text(program, encoding="ascii")
    path = os.pathsep.join([str(_HERE), *filter(None, [os.environ.get("PYTHONPATH")])])
    told = subprocess.check_output(
        [sys.executable, str(script), *map(str, words)], env=os.environ | {"PYTHONPATH": path}
    )
    found: dict[str, Any] = json.loads(told)
    return found
