"""Damaged checkpoints of other projects, by the full count: ``make prove``."""

import json
from pathlib import Path

import foreign_file_mutations as mutations

from whisperwave.library import durable

RESULT = Path(__file__).parents[2] / "benchmarks" / "results" / "foreign_file_mutations.json"
EACH = 200


def test_no_damaged_checkpoint_ends_in_anything_but_a_refusal_or_a_proof(tmp_path: Path) -> None:
    result = mutations.prove(EACH, 1, mutations.sources(tmp_path))
    question = {"question": "Does importing survive damaged checkpoints?", "result": result}
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    durable.write_bytes(RESULT, json.dumps(question, indent=2).encode() + b"\n")
    assert result["faults"] == 0
    assert set(result["whole"].values()) == {mutations.PROVED}
