"""A handful of what ``tests/prove/foreign_file_mutations.py`` does to every kind of checkpoint."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "prove"))

import foreign_file_mutations as mutations

pytestmark = pytest.mark.train

REFUSALS = {"IMPORT_DAMAGED", "IMPORT_SHAPES", "IMPORT_UNSUPPORTED", "IMPORT_UNKNOWN_NAMES"}
REFUSALS |= {"IMPORT_ARCHIVE", "IMPORT_NOT_FINITE", "MODEL_NOT_FINITE"}


def test_damaged_checkpoints_are_refused_or_prove_themselves(tmp_path):
    result = mutations.prove(2, 1, mutations.sources(tmp_path))
    assert result["faults"] == 0
    assert set(result["whole"].values()) == {mutations.PROVED}
    found = {code for kind in result["whole"] for code in result[kind]}
    assert found <= REFUSALS | {mutations.PROVED}


def test_the_proof_notices_a_fault_of_ours(tmp_path, monkeypatch):
    kind, files = mutations.sources(tmp_path)["onnx"]
    monkeypatch.setattr(mutations, "convert", lambda *_: 1 / 0)
    assert mutations.prove(2, 1, {"onnx": (kind, files)})["faults"] == 2
