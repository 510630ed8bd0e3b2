import json
import subprocess
import sys
from pathlib import Path

import pytest

PROVE = Path(__file__).parents[1] / "prove"


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
@pytest.mark.parametrize(("task", "kills"), [("scan", 10), ("download", 4)])
def test_a_task_that_is_killed_goes_on_and_ends_the_same(tmp_path, task, kills):
    result = tmp_path / "kills.json"
    command = [sys.executable, str(PROVE / "kill_collections.py"), task, "--kills", str(kills)]
    subprocess.run([*command, "--json", str(result)], check=False, capture_output=True, timeout=300)
    found = json.loads(result.read_text())
    assert found["kills"] >= kills
    assert found["failures"] == []


def test_b15_memory_does_not_grow_with_the_files_of_a_folder(tmp_path):
    result = tmp_path / "scale.json"
    command = [sys.executable, str(PROVE / "scan_of_many.py"), "--files", "3000"]
    subprocess.run([*command, "--json", str(result)], check=False, capture_output=True, timeout=300)
    found = json.loads(result.read_text())
    assert [one["first"]["read"] for one in found["trials"]] == [1000, 3000]
    assert found["failures"] == []
