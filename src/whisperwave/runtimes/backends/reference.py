"""The oracle: WaveNet written for reading, in NumPy and float64, slow and obviously right.

After van den Oord et al., "WaveNet" (2016), equations 2 and 4. `_Stream.predict` computes a whole
sequence at once, `_Stream.process` one sample at a time from remembered activations (Le Paine et
al., "Fast WaveNet generation algorithm", 2016); that both agree is itself a test.
"""

from collections import deque
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp.companding import mulaw_decode
from whisperwave.errors import EngineError
from whisperwave.modelfile import ModelFile
from whisperwave.modelfile.layouts import wavenet
from whisperwave.runtimes.codec import Codec, Tokens
from whisperwave.runtimes.mixtures import draw_value
from whisperwave.runtimes.philox import random_bits, random_words
from whisperwave.runtimes.sampling import Sampling, draw
from whisperwave.runtimes.session import Floats, Runtime
from whisperwave.shapes import Signature

Doubles = NDArray[np.float64]

PRECISIONS = ("float32",)  # the weights as they are


def load(model: ModelFile, isa: str = "auto", precision: str = "float32") -> Runtime:
    """Take a model's weights as they are; there is only one instruction set and one precision."""
    if isa != "auto":
        raise EngineError(
            "NO_INSTRUCTION_SET", f"the reference cannot choose {isa!r}.", "Use auto, or native."
        )
    if precision not in PRECISIONS:
        raise EngineError(
            "NO_PRECISION", f"the reference does not round to {precision!r}.", "Use native."
        )
    network = ReferenceNetwork(model.config, model.weights, model.signature)
    return Runtime(network, model.signature, wavenet.numbers_told(model.config))


class ReferenceNetwork:
    """Weights in float64, by the names that training gave them."""

    isa = "numpy"
    precision = "float32"

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
        self.channels = config["channels"]
        self.head_form = signature.head
        self.kernel_size = config["kernel_size"]
        self.residual_channels = config["residual_channels"]
        self.dilations = [2**i for i in range(config["layers_per_block"])] * config["blocks"]

    def open(self, condition: Floats, sampling: Sampling, seed: int, stream: int) -> "_Stream":
        """A new stream."""
        return _Stream(self, condition, sampling, (seed, stream))

    def all_pole(self, order: int) -> "_AllPole":
        """A new filter at rest."""
        return _AllPole(order)

    @property
    def silence(self) -> Tokens:
        """What a stream without history starts from: one sample."""
        if self.codec.levels:
            return np.array([self.codec.silence], np.int32)
        return np.zeros((1, self.channels), np.float32)

    def embed(self, taps: Tokens) -> Doubles:
        """The first convolution, over classes [T, k] or values [T, k, C], to [T, R]."""
        weight = self._w["embedding.weight"]
        embedded: Doubles
        if not self.codec.levels:
            embedded = taps.reshape(len(taps), -1) @ weight + self._w["embedding.bias"]
        elif self.scalar_input:
            embedded = (
                mulaw_decode(taps.astype(np.int32), self.codec.levels) @ weight
                + self._w["embedding.bias"]
            )
        else:
            rows = np.arange(self.initial_kernel_size) * self.codec.levels + taps
            embedded = weight[rows].sum(axis=1)
        return embedded

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
        """The layer's share of the prediction, [T, S]."""
        return self.product(f"layers.{layer}.skip", z)

    def head(self, skips: Doubles) -> Doubles:
        """From the sum of all shares to the distribution of the next sample, [T, A]."""
        hidden = np.maximum(skips + self._w["skip_bias"], 0)
        hidden = np.maximum(self.product("end1", hidden) + self._w["end1.bias"], 0)
        told: Doubles = self.product("end2", hidden) + self._w["end2.bias"]
        return told


class _Stream:
    """The history of every layer, the last sample, and the place in the random sequence."""

    def __init__(
        self, network: ReferenceNetwork, condition: Floats, sampling: Sampling, key: tuple[int, int]
    ) -> None:
        self._network, self._sampling, self._key = network, sampling, key
        self.steer(condition)
        self.reset()

    def steer(self, condition: Floats) -> None:
        """[G + K] from here on, or [T, G + K] for the next T samples, taken at once."""
        self._condition = condition.astype(np.float64)

    def reset(self) -> None:
        network = self._network
        silence = np.zeros(network.residual_channels)
        reaches = [(network.kernel_size - 1) * dilation for dilation in network.dilations]
        self._past = [deque([silence] * reach, maxlen=reach) for reach in reaches]
        self._heard = np.repeat(network.silence, network.initial_kernel_size - 1, axis=0)
        self._last: Tokens = network.silence[:0]  # drawn or primed, but not yet heard
        self._last_audio = np.zeros(network.channels, np.float32)
        self._position = 0

    def prime(self, tokens: Tokens) -> None:
        if len(tokens) == 0:
            return
        self._decode(tokens)
        self._advance(np.concatenate([self._last, tokens[:-1]]))
        self._last = tokens[-1:]

    def process(self, out: Floats) -> None:
        network = self._network
        for n in range(len(out)):
            last = self._last if len(self._last) else network.silence
            self._last = self._draw(network.head(self._advance(last))[0])
            self._position += 1
            out[n] = self._decode(self._last) if out.ndim > 1 else self._decode(self._last)[0]

    def predict(self, tokens: Tokens, out: Floats) -> None:
        out[:] = self._network.head(self._advance(tokens))

    def _draw(self, told: Doubles) -> Tokens:
        """The next sample from its distribution [A]."""
        network, sampling = self._network, self._sampling
        if network.codec.levels:
            bits = random_bits(*self._key, self._position)
            drawn = draw(told, sampling, bits, network.codec.silence)
            return np.array([drawn], np.int32)
        mixtures = np.split(told.astype(np.float32), network.channels)
        first = self._position * network.channels
        values = [
            draw_value(network.head_form, mixture, sampling, self._words(first + channel))
            for channel, mixture in enumerate(mixtures)
        ]
        return np.array([values], np.float32)

    def _words(self, position: int) -> tuple[int, int]:
        return random_words(*self._key, position)[:2]

    def _advance(self, tokens: Tokens) -> Doubles:
        """Take samples through all layers; the sum of their skips, [T, S]."""
        network = self._network
        x = network.embed(self._first_taps(tokens))
        skips: Doubles = np.zeros(())
        for layer in range(len(network.dilations)):
            z = network.gated(layer, self._taps(layer, x), self._condition)
            skips = skips + network.skip(layer, z)
            x = x + network.residual(layer, z)
        return skips

    def _first_taps(self, tokens: Tokens) -> Tokens:
        """What the first kernel sees at each of these samples: [T, k], or [T, k, C]."""
        known = np.concatenate([self._heard, tokens])
        self._heard = known[len(tokens) :]
        reach = range(self._network.initial_kernel_size)
        return np.stack([known[tap : tap + len(tokens)] for tap in reach], axis=1)

    def _taps(self, layer: int, x: Doubles) -> Doubles:
        """The inputs [T, R, k] that the layer's kernel sees at each of these samples."""
        network, past = self._network, self._past[layer]
        known = np.concatenate([np.reshape(list(past), (-1, network.residual_channels)), x])
        past.extend(x)
        dilation = network.dilations[layer]
        starts = [tap * dilation for tap in range(network.kernel_size)]
        return np.stack([known[start : start + len(x)] for start in starts], axis=-1)

    def _decode(self, tokens: Tokens) -> Floats:
        """The audio [C] of the last of these samples."""
        codec = self._network.codec
        signal = codec.values[tokens, None] if codec.levels else np.float32(codec.limit) * tokens
        for values in signal:
            self._last_audio = values + np.float32(codec.preemphasis) * self._last_audio
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
