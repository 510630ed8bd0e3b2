"""Every damaged model file is refused, by the full count: ``make prove``."""

import dataclasses
import json
import runpy
from pathlib import Path
from typing import Any

import model_file_mutations as mutations
import numpy as np

from whisperwave import modelfile
from whisperwave.library import durable
from whisperwave.modelfile.layouts import wavenet

ROOT = Path(__file__).parents[2]
RESULT = ROOT / "benchmarks" / "results" / "model_file_mutations.json"
WIDER = {"residual_channels": 24, "dilation_channels": 24, "skip_channels": 48, "end_channels": 48}


def test_every_bit_of_the_golden_file_and_100000_of_a_wider_one_are_refused(tmp_path: Path) -> None:
    wider = tmp_path / "wider.safetensors"
    modelfile.write(wider, _wider_model())
    results = [
        mutations.prove(mutations.GOLDEN, flips=1_000_000, cuts=1_000_000, seed=1),
        mutations.prove(wider, flips=100_000, cuts=1_000, seed=1),
    ]
    _save(results)
    assert [result["accepted"] for result in results] == [0, 0]
    assert results[0]["tried"] == 9 * mutations.GOLDEN.stat().st_size


def _wider_model() -> modelfile.ModelFile:
    make = runpy.run_path(str(mutations.GOLDEN.with_name("make.py")))
    model: modelfile.ModelFile = make["tiny_model"]()
    config = {**model.config, **WIDER}
    rng = np.random.default_rng(1)
    shapes = wavenet.shapes(config)
    weights = {name: rng.standard_normal(shape, np.float32) for name, shape in shapes.items()}
    heard = wavenet.calibration(config)
    calibration = {name: rng.random(shape, np.float32) for name, shape in heard.items()}
    return dataclasses.replace(model, config=config, weights=weights, calibration=calibration)


def _save(results: list[dict[str, Any]]) -> None:
    question = {"question": "Does the reader refuse every damaged model file?", "results": results}
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    durable.write_bytes(RESULT, json.dumps(question, indent=2).encode() + b"\n")
