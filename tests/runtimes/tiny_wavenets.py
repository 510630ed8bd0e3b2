"""Random WaveNets of any shape, small enough to be computed by hand-written NumPy."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whisperwave.modelfile.layouts import wavenet
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
    "control_channels": 0,
    "hop_length": 160,
}


def random_weights(config: Mapping[str, int], seed: int = 0, gain: float = 1.5) -> Weights:
    """Weights that keep activations near 1 and predictions far from certain."""
    generator = np.random.default_rng(seed)

    def draw(shape: tuple[int, ...]) -> NDArray[np.float32]:
        fan_in = int(np.prod(shape[1:])) if len(shape) > 1 else 10
        return generator.normal(0, gain / np.sqrt(fan_in), shape).astype(np.float32)

    return {name: draw(shape) for name, shape in wavenet.shapes(config).items()}


def signature(config: Mapping[str, int], preemphasis: float = 0.0, order: int = 0) -> Signature:
    """The signature that training would write beside such weights."""
    name = "mulaw" if config["classes"] else "linear"
    codec: dict[str, Any] = {"levels": config["classes"], "preemphasis": preemphasis}
    codec |= {"name": f"{name}_lpc", "limit": 16.0} if order else {"name": name}
    style = config["conditioning_channels"]
    steered = (Port("style", style, 0, "style"),) if style else ()
    controls, hop_length = config["control_channels"], config["hop_length"]
    told = (Port("mel", controls, hop_length, "control"),) if controls else ()
    lags = (Port("autocorrelation", order + 1, hop_length, "predictor"),) if order else ()
    return Signature(
        kind="autoregressive",
        inputs=(Port("audio", 1, 1, "audio"), *steered, *told, *lags),
        outputs=(Port("audio", config.get("channels", 1), 1, "audio"),),
        sample_rate=16_000,
        block_size=1,
        latency=0,
        receptive_field=wavenet.facts(config)["receptive_field"],
        codec=codec,
        head=wavenet.head(config),
    )


def config(**changes: Any) -> dict[str, int]:
    """`TINY` with some sizes changed."""
    return TINY | changes
