"""A handful of what ``tests/prove/checkpoint_faults.py`` does at every call to the disk."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "prove" / "checkpoint_faults.py"


@pytest.mark.skipif(sys.platform != "linux", reason="preloads a library of faults")
@pytest.mark.skipif(shutil.which("cc") is None, reason="compiles that library")
def test_c2_c5_c6_no_refusal_and_no_kill_harms_a_checkpoint(tmp_path: Path) -> None:
    result = tmp_path / "faults.json"
    command = [sys.executable, str(SCRIPT), "--stride", "4", "--json", str(result)]
    subprocess.run(command, check=False, capture_output=True)
    found = json.loads(result.read_text())
    assert found["ends"].keys() == {"killed", "refused", "done"}
    assert found["runs"] > 60
    assert found["failures"] == []
