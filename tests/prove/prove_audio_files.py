"""Ten thousand damaged sound files, and none of them harms or deceives: ``make prove``."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_ten_thousand_damaged_sounds_are_refused_or_as_long_as_promised() -> None:
    script = Path(__file__).with_name("audio_file_mutations.py")
    result = ROOT / "benchmarks" / "results" / "audio_mutations.json"
    result.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, str(script), "--count", "10000", "--json", str(result)]
    finished = subprocess.run(command, check=False, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stdout[-4000:] + finished.stderr[-4000:]
    found = json.loads(result.read_text())
    assert found["tried"] == 10_000
    assert max(found["peak_megabytes"].values()) < 200
