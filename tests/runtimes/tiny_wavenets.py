"""Random WaveNets of any shape, small enough to be computed by hand-written NumPy."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whisperwave.shapes import Port, Signature

Weights = dict[str, NDArray[np.float32]]

TINY = {
    "layers_per_block": 3,
    "blocks": 2,
    "kernel_size": 2,
    "residual_channels": 5,
    "dilation_channels": 7,
    "skip_channels": 19,
    "end_channels": 11,
    "classes": 32,
    "conditioning_channels": 0,
}


def tensor_shapes(config: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
    """The name and shape of every tensor of a WaveNet, as training writes them."""
    residual, dilation = config["residual_channels"], config["dilation_channels"]
    skip, end, classes = config["skip_channels"], config["end_channels"], config["classes"]
    shapes: dict[str, tuple[int, ...]] = {"embedding.weight": (classes, residual)}
    layers = config["layers_per_block"] * config["blocks"]
    for i in range(layers):
        shapes[f"layers.{i}.dilated.weight"] = (2 * dilation, residual, config["kernel_size"])
        shapes[f"layers.{i}.dilated.bias"] = (2 * dilation,)
        if config["conditioning_channels"]:
            style = config["conditioning_channels"]
            shapes[f"layers.{i}.conditioning.weight"] = (2 * dilation, style)
        if i < layers - 1:
            shapes[f"layers.{i}.residual.weight"] = (residual, dilation)
            shapes[f"layers.{i}.residual.bias"] = (residual,)
        shapes[f"layers.{i}.skip.weight"] = (skip, dilation)
    shapes |= {"skip_bias": (skip,), "end1.weight": (end, skip), "end1.bias": (end,)}
    return shapes | {"end2.weight": (classes, end), "end2.bias": (classes,)}


def random_weights(config: Mapping[str, int], seed: int = 0, gain: float = 1.5) -> Weights:
    """Weights that keep activations near 1 and predictions far from certain."""
    generator = np.random.default_rng(seed)

    def draw(shape: tuple[int, ...]) -> NDArray[np.float32]:
        fan_in = int(np.prod(shape[1:])) if len(shape) > 1 else 10
        return generator.normal(0, gain / np.sqrt(fan_in), shape).astype(np.float32)

    return {name: draw(shape) for name, shape in tensor_shapes(config).items()}


def signature(config: Mapping[str, int], preemphasis: float = 0.0) -> Signature:
    """The signature that training would write beside such weights."""
    style = config["conditioning_channels"]
    reach = config["blocks"] * (2 ** config["layers_per_block"] - 1)
    inputs = (Port("audio", 1, 1, "audio"),) + ((Port("style", style, 0, "style"),) * bool(style))
    return Signature(
        kind="autoregressive",
        inputs=inputs,
        outputs=(Port("audio", 1, 1, "audio"),),
        sample_rate=16_000,
        block_size=1,
        latency=0,
        receptive_field=1 + (config["kernel_size"] - 1) * reach,
        codec={"name": "mulaw", "levels": config["classes"], "preemphasis": preemphasis},
        head="softmax",
    )


def config(**changes: Any) -> dict[str, int]:
    """`TINY` with some sizes changed."""
    return TINY | changes
