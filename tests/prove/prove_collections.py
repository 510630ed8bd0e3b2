"""Scans and downloads that are killed at any moment go on; a hundred thousand files are no more."""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
RESULTS = HERE.parents[1] / "benchmarks" / "results"


@pytest.mark.parametrize("task", ["scan", "download"])
def test_three_hundred_kills_cost_nothing_but_the_file_that_they_met(task: str) -> None:
    result = RESULTS / f"{task}_kills.json"
    command = [sys.executable, str(HERE / "kill_collections.py"), task, "--kills", "300"]
    finished = subprocess.run(
        [*command, "--json", str(result)], check=False, capture_output=True, text=True
    )
    assert finished.returncode == 0, finished.stdout[-2000:]


def test_a_hundred_thousand_files_take_the_memory_of_a_thousand() -> None:
    command = [sys.executable, str(HERE / "scan_of_many.py"), "--files", "100000"]
    result = RESULTS / "scan_scale.json"
    finished = subprocess.run(
        [*command, "--json", str(result)], check=False, capture_output=True, text=True
    )
    assert finished.returncode == 0, finished.stdout[-2000:]
