"""Random feed-forward networks of any shape, small enough for hand-written NumPy."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whisperwave.modelfile.layouts import convnet
from whisperwave.shapes import Port, Signature

TINY = {
    "layers_per_block": 3,
    "blocks": 2,
    "dilation_growth": 3,
    "kernel_size": 3,
    "initial_kernel_size": 2,
    "residual_channels": 5,
    "dilation_channels": 7,
    "skip_channels": 19,
    "end_channels": 11,
    "input_channels": 3,
    "output_channels": 2,
    "conditioning_channels": 4,
}


def random_weights(config: Mapping[str, int], seed: int = 0) -> dict[str, NDArray[np.float32]]:
    """Weights that keep activations near 1."""
    generator = np.random.default_rng(seed)

    def draw(shape: tuple[int, ...]) -> NDArray[np.float32]:
        fan_in = int(np.prod(shape[1:])) if len(shape) > 1 else 10
        return generator.normal(0, 1.0 / np.sqrt(fan_in), shape).astype(np.float32)

    return {name: draw(shape) for name, shape in convnet.shapes(config).items()}


def signature(config: Mapping[str, int]) -> Signature:
    """The signature that training would write beside such weights."""
    style = config["conditioning_channels"]
    return Signature(
        kind="effect",
        inputs=(
            Port("audio", config["input_channels"], 1, "audio"),
            *((Port("style", style, 0, "style"),) if style else ()),
        ),
        outputs=(Port("audio", config["output_channels"], 1, "audio"),),
        sample_rate=16_000,
        block_size=1,
        latency=0,
        receptive_field=int(convnet.facts(config)["receptive_field"]),
        codec={},
        head="numbers",
    )


def config(**changes: Any) -> dict[str, int]:
    """`TINY` with some sizes changed."""
    return TINY | changes
