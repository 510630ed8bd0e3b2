"""What the reference's families share: gated, dilated layers, and what they remember, in float64.

After van den Oord et al., "WaveNet" (2016), equations 2 and 4.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whisperwave.runtimes.codec import Tokens

Doubles = NDArray[np.float64]


class Layers:
    """Weights in float64, by the names that training gave them.

    Args:
        config: ``kernel_size``, ``initial_kernel_size`` and ``residual_channels``.
        dilations: of each layer.
        weights: as they are in a model file.
    """

    isa = "numpy"
    at_once = 4096  # samples: it is slower in smaller pieces
    precision = "float32"

    def __init__(
        self,
        config: Mapping[str, int],
        dilations: Sequence[int],
        weights: Mapping[str, NDArray[Any]],
    ) -> None:
        self._w = {name: array.astype(np.float64) for name, array in weights.items()}
        self.dilations = dilations
        self.kernel_size = config["kernel_size"]
        self.initial_kernel_size = config["initial_kernel_size"]
        self.residual_channels = config["residual_channels"]

    def embed(self, taps: Tokens) -> Doubles:
        """The first convolution, over values [T, k, C], to [T, R]."""
        embedded: Doubles = taps.reshape(len(taps), -1) @ self._w["embedding.weight"]
        return embedded + self._w["embedding.bias"]

    def product(self, name: str, x: Doubles) -> Doubles:
        """The weights of that name times activations, from [T, I] or [T, I, k] to [T, O].

        All products but those of the first layer and the condition; to override is to listen in.
        """
        weight = self._w[f"{name}.weight"]
        product: Doubles = x.reshape(len(x), -1) @ weight.reshape(len(weight), -1).T
        return product

    def gated(self, layer: int, taps: Doubles, condition: Doubles) -> Doubles:
        """Equation 4: tanh(filter) * sigmoid(gate), from [T, R, k] to [T, D].

        The condition is [G + K] for all of them, or [T, G + K].
        """
        name = f"layers.{layer}"
        x = self.product(f"{name}.dilated", taps) + self._w[f"{name}.dilated.bias"]
        if condition.shape[-1]:
            x = x + condition @ self._w[f"{name}.conditioning.weight"].T
        filters, gates = np.split(x, 2, axis=1)
        z: Doubles = np.tanh(filters) / (1 + np.exp(-gates))
        return z

    def residual(self, layer: int, z: Doubles) -> Doubles:
        """What the layer adds for the next one, [T, R]; nothing after the last."""
        name = f"layers.{layer}.residual"
        if f"{name}.weight" not in self._w:
            return np.zeros((len(z), self.residual_channels))
        added: Doubles = self.product(name, z) + self._w[f"{name}.bias"]
        return added

    def skip(self, layer: int, z: Doubles) -> Doubles:
        """The layer's share of the last layers' input, [T, S]."""
        return self.product(f"layers.{layer}.skip", z)

    def head(self, skips: Doubles) -> Doubles:
        """From the sum of all shares to the network's answer, [T, A]."""
        hidden = np.maximum(skips + self._w["skip_bias"], 0)
        hidden = np.maximum(self.product("end1", hidden) + self._w["end1.bias"], 0)
        told: Doubles = self.product("end2", hidden) + self._w["end2.bias"]
        return told


class Past:
    """What the layers remember of one stream.

    Args:
        layers: whose memory it is.
        silence: what was heard before the stream began, one sample.
    """

    def __init__(self, layers: Layers, silence: Tokens) -> None:
        self._layers, self._silence = layers, silence
        self.reset()

    def reset(self) -> None:
        """Only silence again."""
        layers = self._layers
        still = np.zeros(layers.residual_channels)
        reaches = [(layers.kernel_size - 1) * dilation for dilation in layers.dilations]
        self._inputs = [deque([still] * reach, maxlen=reach) for reach in reaches]
        self._heard = np.repeat(self._silence, layers.initial_kernel_size - 1, axis=0)

    def advance(self, tokens: Tokens, condition: Doubles) -> Doubles:
        """Take samples through all layers; the sum of their skips, [T, S]."""
        layers = self._layers
        x = layers.embed(self._first_taps(tokens))
        skips: Doubles = np.zeros(())
        for layer in range(len(layers.dilations)):
            z = layers.gated(layer, self._taps(layer, x), condition)
            skips = skips + layers.skip(layer, z)
            x = x + layers.residual(layer, z)
        return skips

    def _first_taps(self, tokens: Tokens) -> Tokens:
        """What the first kernel sees at each of these samples: [T, k], or [T, k, C]."""
        known = np.concatenate([self._heard, tokens])
        self._heard = known[len(tokens) :]
        reach = range(self._layers.initial_kernel_size)
        return np.stack([known[tap : tap + len(tokens)] for tap in reach], axis=1)

    def _taps(self, layer: int, x: Doubles) -> Doubles:
        """The inputs [T, R, k] that the layer's kernel sees at each of these samples."""
        layers, past = self._layers, self._inputs[layer]
        known = np.concatenate([np.reshape(list(past), (-1, layers.residual_channels)), x])
        past.extend(x)
        dilation = layers.dilations[layer]
        starts = [tap * dilation for tap in range(layers.kernel_size)]
        return np.stack([known[start : start + len(x)] for start in starts], axis=-1)
