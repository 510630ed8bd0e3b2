"""A handful of what ``tests/prove/model_file_mutations.py`` does to every bit."""

import json
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np

PROVE = Path(__file__).parents[1] / "prove" / "model_file_mutations.py"


def test_flipped_bits_and_cuts_are_all_refused(tmp_path: Path) -> None:
    result = tmp_path / "result.json"
    options = ["--flips", "500", "--cuts", "200", "--header-every", "31", "--json", str(result)]
    subprocess.run([sys.executable, PROVE, *options], check=True, capture_output=True)
    found = json.loads(result.read_text())
    assert found["accepted"] == 0
    assert found["tried"] > 2000
    assert set(found["tensor_bits"]) == {"MODEL_TENSOR_DIGEST"}
    assert set(found["tensor_cuts"]) == {"MODEL_TRUNCATED"}


def test_the_proof_notices_a_file_that_is_let_through(blob: bytes) -> None:
    refusals = runpy.run_path(str(PROVE))["refusals"]
    assert refusals([np.frombuffer(blob, np.uint8)]) == {"ACCEPTED": 1}
