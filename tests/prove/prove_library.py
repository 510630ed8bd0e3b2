"""Nothing acknowledged is lost, over thousands of kills and every point of failure."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_library_survives_two_thousand_kills_and_every_disk_error() -> None:
    script = Path(__file__).with_name("kill_library.py")
    result = ROOT / "benchmarks" / "results" / "library_kills.json"
    command = [sys.executable, str(script), "--kills", "2000", "--json", str(result)]
    finished = subprocess.run(command, check=False, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stdout[-2000:]
