"""Regenerates tiny.safetensors from a seed: a WaveNet of 228 weights that has never been trained.

Run it as ``python tests/golden/model-file/make.py``; it shows the largest change before it writes.
The file pins the format: a program that reads it and agrees with its digest reads every model file.
"""

from pathlib import Path

import numpy as np

from whisperwave import modelfile
from whisperwave.errors import ModelFileError
from whisperwave.modelfile.layouts import wavenet
from whisperwave.shapes import Port, Signature

GOLDEN = Path(__file__).with_name("tiny.safetensors")
SEED = 20_261_120
CONFIG = {
    "layers_per_block": 2,
    "blocks": 1,
    "kernel_size": 2,
    "residual_channels": 3,
    "dilation_channels": 2,
    "skip_channels": 4,
    "end_channels": 3,
    "classes": 16,
    "conditioning_channels": 2,
    "control_channels": 0,
    "hop_length": 160,
}


def tiny_model() -> modelfile.ModelFile:
    """A model small enough that every bit of its file can be flipped in turn."""
    rng = np.random.default_rng(SEED)

    def noise(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape, dtype=np.float32)

    return modelfile.ModelFile(
        family="wavenet",
        config=CONFIG,
        signature=Signature(
            kind="autoregressive",
            inputs=(Port("classes", 16, 1, "class"), Port("style", 2, 0, "style")),
            outputs=(Port("logits", 16, 1, "class"),),
            sample_rate=16_000,
            block_size=1,
            latency=0,
            receptive_field=4,
            codec={"name": "mulaw", "levels": 16, "preemphasis": 0.5},
            head="softmax",
        ),
        weights={name: noise(*shape) for name, shape in wavenet.shapes(CONFIG).items()},
        exam=modelfile.Exam(
            inputs={"classes": np.arange(5, dtype=np.int32), "style": noise(2)},
            outputs={"logits": noise(5, 16)},
            tolerances={"float32": 1e-4, "bfloat16": 0.02, "int8": 0.1},
        ),
        features={"texture": {"bands": 4}},
        style=modelfile.StyleProjection(mean=noise(4), projection=noise(2, 4)),
        catalogue=["rain", "sea", "brushing – soft"],
        statistics={"lufs": -23.0, "minutes": 60},
        provenance={"seed": SEED, "steps": 0},
        licence="Apache-2.0",
        calibration={n: abs(noise(*shape)) for n, shape in wavenet.calibration(CONFIG).items()},
        precisions={
            "bfloat16": modelfile.Cost(3.5, 3.5625, clips=2, samples=1_000),
            "int8": modelfile.Cost(3.5, 3.625, clips=2, samples=1_000),
        },
    )


def _largest_change(model: modelfile.ModelFile) -> str:
    try:
        old = modelfile.read(GOLDEN).weights
    except ModelFileError as error:
        return str(error)
    changes = (np.abs(old[name] - array).max() for name, array in model.weights.items())
    return f"largest change of a weight: {max(changes):g}"


if __name__ == "__main__":
    golden = tiny_model()
    print(_largest_change(golden))  # noqa: T201 # a script speaks
    print(modelfile.write(GOLDEN, golden))  # noqa: T201 # a script speaks
