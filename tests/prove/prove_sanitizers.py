"""The engine is clean under sanitizers, and plays on ARM in an emulator: ``make prove``."""

import os
import subprocess
import sys
from pathlib import Path

import emulate_engine
import pytest


def run(script: str, *words: str) -> None:
    path = Path(__file__).with_name(script)
    done = subprocess.run(
        [sys.executable, str(path), *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


def test_no_sanitizer_finds_a_fault_and_no_fuzzed_model_harms() -> None:
    run("sanitize_engine.py", "--fuzz-seconds", os.environ.get("FUZZ_SECONDS", "60"))


def test_the_engine_plays_on_arm() -> None:
    if absent := emulate_engine.missing():
        pytest.skip(absent)
    run("emulate_engine.py")
