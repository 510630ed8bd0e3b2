"""A run folder as training leaves it, with tiny models."""

import json
from dataclasses import replace

import numpy as np
import pytest

from whisperwave import modelfile

VALIDATION_BITS = {10: 7.5, 20: 7.0, 30: 7.2}


@pytest.fixture(scope="session")
def run_folder(class_path, tmp_path_factory):
    """Checkpoints at steps 10, 20 and 30, a snapshot at 15, and a model file at the end."""
    run = tmp_path_factory.mktemp("runs") / "genres"
    file = modelfile.read(class_path)

    def write(path, seed):
        path.parent.mkdir(parents=True, exist_ok=True)
        changed = dict(file.weights)
        name = min(changed)
        noise = np.random.default_rng(seed).standard_normal(changed[name].shape)
        changed[name] = (changed[name] + 1e-6 * noise).astype("f4")
        modelfile.write(path, replace(file, weights=changed))

    for step in VALIDATION_BITS:
        write(run / f"checkpoints/step-{step:07d}/model.safetensors", step)
    write(run / "snapshots/step-0000015.safetensors", 15)
    write(run / "genres.safetensors", 99)
    events = [
        {"event": "validation", "step": step, "validation_bits": bits}
        for step, bits in VALIDATION_BITS.items()
    ]
    (run / "log.jsonl").write_text("\n".join(map(json.dumps, events)))
    return run
