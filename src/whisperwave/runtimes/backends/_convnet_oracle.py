"""The oracle of the feed-forward family: frames of numbers in, frames of numbers out."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whisperwave.modelfile.layouts import convnet
from whisperwave.runtimes.backends._oracle import Layers, Past
from whisperwave.runtimes.network import Floats


class ReferenceConvnet(Layers):
    """Weights in float64."""

    def __init__(self, config: Mapping[str, int], weights: Mapping[str, NDArray[Any]]) -> None:
        super().__init__(config, convnet.dilations(config), weights)
        self.input_channels = config["input_channels"]

    def open(self, condition: Floats) -> "_Stream":
        """A new stream."""
        return _Stream(self, condition)


class _Stream:
    def __init__(self, network: ReferenceConvnet, condition: Floats) -> None:
        self._network = network
        self._past = Past(network, np.zeros((1, network.input_channels), np.float32))
        self.steer(condition)

    def process(self, frames: Floats, out: Floats) -> None:
        out[:] = self._network.head(self._past.advance(frames, self._condition))

    def steer(self, condition: Floats) -> None:
        self._condition = condition.astype(np.float64)

    def reset(self) -> None:
        self._past.reset()
