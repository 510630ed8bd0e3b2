import json
import subprocess
import sys
from pathlib import Path

PROVE = Path(__file__).parents[1] / "prove"


def test_memory_does_not_grow_with_the_clips_of_a_set(tmp_path):
    result = tmp_path / "memory.json"
    command = [sys.executable, str(PROVE / "preparation_of_many.py"), "--files", "60"]
    subprocess.run([*command, "--json", str(result)], check=False, capture_output=True, timeout=300)
    found = json.loads(result.read_text())
    (trial,) = found["trials"]
    assert trial["prepare"]["items"] == trial["open"]["excerpts"] == 60
    assert trial["prepare"]["peak_mib"] < 100.0  # without a clip it is about 38
    assert found["failures"] == []
