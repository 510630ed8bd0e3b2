import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "prove" / "kill_library.py"


@pytest.mark.skipif(sys.platform != "linux", reason="preloads a library of faults")
@pytest.mark.skipif(shutil.which("cc") is None, reason="compiles that library")
def test_nothing_acknowledged_is_lost_by_kills_and_disk_errors(tmp_path: Path) -> None:
    result = tmp_path / "kills.json"
    command = [sys.executable, str(SCRIPT), "--kills", "10", "--stride", "30", "--json"]
    subprocess.run([*command, str(result)], check=False, capture_output=True, timeout=300)
    found = json.loads(result.read_text())
    assert found["random"]["kills"] == 10
    assert found["random"]["failures"] == []
    assert found["enumerated"]["runs"] >= 20
    assert found["enumerated"]["ends"].keys() <= {"killed", "refused", "done"}
    assert found["enumerated"]["failures"] == []
