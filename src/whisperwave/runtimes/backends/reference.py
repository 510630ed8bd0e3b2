"""The oracle: WaveNet written for reading, in NumPy and float64, slow and obviously right.

After van den Oord et al., "WaveNet" (2016), equations 2 and 4. `_Stream.predict` computes a whole
sequence at once, `_Stream.process` one sample at a time from remembered activations (Le Paine et
al., "Fast WaveNet generation algorithm", 2016); that both agree is itself a test.
"""

from collections import deque
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from whisperwave.dsp.companding import mulaw_decode
from whisperwave.errors import EngineError
from whisperwave.modelfile import ModelFile
from whisperwave.modelfile.layouts import wavenet
from whisperwave.runtimes.codec import Classes, Codec
from whisperwave.runtimes.philox import random_bits
from whisperwave.runtimes.sampling import Sampling, draw
from whisperwave.runtimes.session import Floats, Runtime
from whisperwave.shapes import Signature

Doubles = NDArray[np.float64]


def load(model: ModelFile, isa: str = "auto") -> Runtime:
    """Take a model's weights as they are; only ``isa="auto"`` makes sense here."""
    if isa != "auto":
        raise EngineError(
            "NO_INSTRUCTION_SET", f"the reference cannot choose {isa!r}.", "Use auto, or native."
        )
    return Runtime(ReferenceNetwork(model.config, model.weights, model.signature), model.signature)


class ReferenceNetwork:
    """Weights in float64, by the names that training gave them."""

    isa = "numpy"

    def __init__(
        self,
        config: Mapping[str, int],
        weights: Mapping[str, np.ndarray[Any, Any]],
        signature: Signature,
    ) -> None:
        config = wavenet.complete(config)
        self._w = {name: array.astype(np.float64) for name, array in weights.items()}
        self.codec = Codec.of(signature)
        self.initial_kernel_size = config["initial_kernel_size"]
        self.scalar_input = config["scalar_input"]
        self.kernel_size = config["kernel_size"]
        self.residual_channels = config["residual_channels"]
        self.dilations = [2**i for i in range(config["layers_per_block"])] * config["blocks"]

    def open(self, condition: Floats, sampling: Sampling, seed: int, stream: int) -> "_Stream":
        """A new stream."""
        return _Stream(self, condition, sampling, (seed, stream))

    def all_pole(self, order: int) -> "_AllPole":
        """A new filter at rest."""
        return _AllPole(order)

    def embed(self, taps: Classes) -> Doubles:
        """The first convolution, over values or one-hot vectors of classes [T, k], to [T, R]."""
        weight = self._w["embedding.weight"]
        embedded: Doubles
        if self.scalar_input:
            embedded = mulaw_decode(taps, self.codec.levels) @ weight + self._w["embedding.bias"]
        else:
            rows = np.arange(self.initial_kernel_size) * self.codec.levels + taps
            embedded = weight[rows].sum(axis=1)
        return embedded

    def gated(self, layer: int, taps: Doubles, condition: Doubles) -> Doubles:
        """Equation 4: tanh(filter) * sigmoid(gate), from [T, R, k] to [T, D]."""
        name = f"layers.{layer}"
        x = np.einsum("trk,ork->to", taps, self._w[f"{name}.dilated.weight"])
        x = x + self._w[f"{name}.dilated.bias"]
        if len(condition):
            x = x + self._w[f"{name}.conditioning.weight"] @ condition
        filters, gates = np.split(x, 2, axis=1)
        z: Doubles = np.tanh(filters) / (1 + np.exp(-gates))
        return z

    def residual(self, layer: int, z: Doubles) -> Doubles:
        """What the layer adds for the next one, [T, R]; nothing after the last."""
        name = f"layers.{layer}.residual"
        if f"{name}.weight" not in self._w:
            return np.zeros((len(z), self.residual_channels))
        added: Doubles = z @ self._w[f"{name}.weight"].T + self._w[f"{name}.bias"]
        return added

    def skip(self, layer: int, z: Doubles) -> Doubles:
        """The layer's share of the prediction, [T, S]."""
        share: Doubles = z @ self._w[f"layers.{layer}.skip.weight"].T
        return share

    def head(self, skips: Doubles) -> Doubles:
        """From the sum of all shares to the logits of the next class, [T, A]."""
        hidden = np.maximum(skips + self._w["skip_bias"], 0)
        hidden = np.maximum(hidden @ self._w["end1.weight"].T + self._w["end1.bias"], 0)
        logits: Doubles = hidden @ self._w["end2.weight"].T + self._w["end2.bias"]
        return logits


class _Stream:
    """The history of every layer, the last class, and the place in the random sequence."""

    def __init__(
        self, network: ReferenceNetwork, condition: Floats, sampling: Sampling, key: tuple[int, int]
    ) -> None:
        self._network, self._sampling, self._key = network, sampling, key
        self.steer(condition)
        self.reset()

    def steer(self, condition: Floats) -> None:
        self._condition = condition.astype(np.float64)

    def reset(self) -> None:
        network = self._network
        silence = np.zeros(network.residual_channels)
        reaches = [(network.kernel_size - 1) * dilation for dilation in network.dilations]
        self._past = [deque([silence] * reach, maxlen=reach) for reach in reaches]
        self._past_classes = np.full(network.initial_kernel_size - 1, network.codec.silence)
        self._last_class: int | None = None
        self._last_audio = np.float32(0)
        self._position = 0

    def prime(self, classes: Classes) -> None:
        if len(classes) == 0:
            return
        self._decode(classes)
        pending = [] if self._last_class is None else [self._last_class]
        self._advance(np.array([*pending, *classes[:-1]], np.int32))
        self._last_class = int(classes[-1])

    def process(self, out: Floats) -> None:
        network, (seed, stream) = self._network, self._key
        for n in range(len(out)):
            last = network.codec.silence if self._last_class is None else self._last_class
            logits = network.head(self._advance(np.array([last], np.int32)))[0]
            bits = random_bits(seed, stream, self._position)
            self._last_class = draw(logits, self._sampling, bits, network.codec.silence)
            self._position += 1
            out[n] = self._decode(np.array([self._last_class], np.int32))

    def predict(self, classes: Classes, logits: Floats) -> None:
        logits[:] = self._network.head(self._advance(classes))

    def _advance(self, classes: Classes) -> Doubles:
        """Take classes [T] through all layers; the sum of their skips, [T, S]."""
        network = self._network
        x = network.embed(self._class_taps(classes))
        skips: Doubles = np.zeros(())
        for layer in range(len(network.dilations)):
            z = network.gated(layer, self._taps(layer, x), self._condition)
            skips = skips + network.skip(layer, z)
            x = x + network.residual(layer, z)
        return skips

    def _class_taps(self, classes: Classes) -> Classes:
        """The classes [T, k] that the first kernel sees at each of these samples."""
        known = np.concatenate([self._past_classes, classes]).astype(np.int32)
        self._past_classes = known[len(classes) :]
        return sliding_window_view(known, self._network.initial_kernel_size)

    def _taps(self, layer: int, x: Doubles) -> Doubles:
        """The inputs [T, R, k] that the layer's kernel sees at each of these samples."""
        network, past = self._network, self._past[layer]
        known = np.concatenate([np.reshape(list(past), (-1, network.residual_channels)), x])
        past.extend(x)
        dilation = network.dilations[layer]
        starts = [tap * dilation for tap in range(network.kernel_size)]
        return np.stack([known[start : start + len(x)] for start in starts], axis=-1)

    def _decode(self, classes: Classes) -> np.float32:
        codec = self._network.codec
        for value in codec.values[classes]:
            self._last_audio = value + np.float32(codec.preemphasis) * self._last_audio
        return self._last_audio


class _AllPole:
    """The newest samples, newest first, and what they foretell of the next one."""

    def __init__(self, order: int) -> None:
        self._past = deque([0.0] * order, maxlen=order)

    def process(self, samples: Floats, coefficients: Doubles, size: float) -> None:
        for n, driving in enumerate(samples):
            samples[n] = size * float(driving) + float(np.dot(coefficients, self._past))
            self._past.appendleft(float(samples[n]))

    def prime(self, samples: Floats) -> None:
        self._past.extendleft(float(sample) for sample in samples)

    def reset(self) -> None:
        self._past.extend([0.0] * len(self._past))
