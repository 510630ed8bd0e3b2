"""Ways to generate from one WaveNet, sample by sample: PyTorch, ONNX Runtime and our engine.

Each is built from the same configuration and weights. `catalogue` lists them, `exam` asks each for
the oracle's predictions before it is timed.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whisperwave.modelfile.layouts import wavenet

Weights = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True, eq=False)  # a network is itself, whatever its values
class Network:
    """What every way is built from."""

    config: Mapping[str, int]
    weights: Weights
    style: NDArray[np.float32]

    @property
    def dilations(self) -> list[int]:
        """The dilation of every layer."""
        return [2**i for i in range(self.config["layers_per_block"])] * self.config["blocks"]

    @property
    def receptive_field(self) -> int:
        """Samples that one prediction depends on."""
        return 1 + (self.config["kernel_size"] - 1) * sum(self.dilations)

    def bias(self, layer: int) -> NDArray[np.float32]:
        """The bias of a dilated convolution with the style folded in."""
        bias = self.weights[f"layers.{layer}.dilated.bias"]
        if not len(self.style):
            return bias
        return bias + self.weights[f"layers.{layer}.conditioning.weight"] @ self.style


def random_network(config: Mapping[str, int], seed: int = 0) -> Network:
    """A network of random weights: speed does not depend on their values."""
    generator = np.random.default_rng(seed)

    def draw(shape: tuple[int, ...]) -> NDArray[np.float32]:
        fan_in = int(np.prod(shape[1:])) if len(shape) > 1 else 10
        return generator.normal(0, 1.5 / np.sqrt(fan_in), shape).astype(np.float32)

    weights = {name: draw(shape) for name, shape in wavenet.shapes(config).items()}
    style = generator.normal(size=config["conditioning_channels"]).astype(np.float32)
    return Network(config, weights, style)
