"""A checkpoint survives every refusal of the disk, and a kill at every call that changes it."""

import subprocess
import sys
from pathlib import Path

RESULT = Path(__file__).parents[2] / "benchmarks" / "results" / "checkpoint_faults.json"


def test_no_refusal_and_no_kill_harms_a_checkpoint() -> None:
    script = Path(__file__).with_name("checkpoint_faults.py")
    command = [sys.executable, str(script), "--json", str(RESULT)]
    finished = subprocess.run(command, check=False, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stdout[-2000:] + finished.stderr[-2000:]
