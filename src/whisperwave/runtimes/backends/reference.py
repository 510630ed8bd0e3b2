"""The oracle: networks written for reading, in NumPy and float64, slow and obviously right.

`_oracle` has the layers. For a WaveNet `_Stream.predict` computes a whole
sequence at once, `_Stream.process` one sample at a time from remembered activations (Le Paine et
al., "Fast WaveNet generation algorithm", 2016); that both agree is itself a test.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from whisperwave.errors import EngineError
from whisperwave.modelfile import ModelFile
from whisperwave.modelfile.layouts import wavenet
from whisperwave.runtimes.backends._convnet_oracle import ReferenceConvnet
from whisperwave.runtimes.backends._oracle import Doubles, Layers, Past
from whisperwave.runtimes.codec import Codec, Tokens
from whisperwave.runtimes.effect import Effect
from whisperwave.runtimes.mixtures import draw_value
from whisperwave.runtimes.network import Floats, Stream
from whisperwave.runtimes.philox import random_bits, random_words
from whisperwave.runtimes.sampling import Sampling, draw
from whisperwave.runtimes.session import Runtime
from whisperwave.shapes import Signature

PRECISIONS = ("float32",)  # the weights as they are


def load(model: ModelFile, isa: str = "auto", precision: str = "float32") -> Runtime | Effect:
    """Take a model's weights as they are; there is only one instruction set and one precision."""
    if isa != "auto":
        raise EngineError(
            "NO_INSTRUCTION_SET", f"the reference cannot choose {isa!r}.", "Use auto, or native."
        )
    if precision not in PRECISIONS:
        raise EngineError(
            "NO_PRECISION", f"the reference does not round to {precision!r}.", "Use native."
        )
    if model.family == "convnet":
        return Effect(ReferenceConvnet(model.config, model.weights), model.signature)
    network = ReferenceNetwork(model.config, model.weights, model.signature)
    return Runtime(network, model.signature, wavenet.numbers_told(model.config))


class ReferenceNetwork(Layers):
    """The weights of a WaveNet in float64."""

    def __init__(
        self,
        config: Mapping[str, int],
        weights: Mapping[str, np.ndarray[Any, Any]],
        signature: Signature,
    ) -> None:
        config = wavenet.complete(config)
        super().__init__(config, wavenet.dilations(config), weights)
        self.codec = Codec.of(signature)
        self.scalar_input = config["scalar_input"]
        self.channels = config["channels"]
        self.head_form = signature.head

    def open(self, condition: Floats, sampling: Sampling, seed: int, stream: int) -> "_Stream":
        """A new stream."""
        return _Stream(self, condition, sampling, (seed, stream))

    def ensemble(self, capacity: int, threads: int) -> "_Ensemble":  # noqa: ARG002 # it takes turns
        """Its streams, one after another."""
        return _Ensemble(self.channels)

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
        if not self.codec.levels:
            return super().embed(taps)
        if self.scalar_input:
            return super().embed(self.codec.shares[taps])
        rows = np.arange(self.initial_kernel_size) * self.codec.levels + taps
        embedded: Doubles = self._w["embedding.weight"][rows].sum(axis=1)
        return embedded


class _Stream:
    """The past of every layer, the last sample, and the place in the random sequence."""

    def __init__(
        self, network: ReferenceNetwork, condition: Floats, sampling: Sampling, key: tuple[int, int]
    ) -> None:
        self._network, self._sampling, self._key = network, sampling, key
        self._past = Past(network, network.silence)
        self.steer(condition)
        self.reset()

    def steer(self, condition: Floats) -> None:
        """[G + K] from here on, or [T, G + K] for the next T samples, taken at once."""
        self._condition = condition.astype(np.float64)

    def reset(self) -> None:
        network = self._network
        self._past.reset()
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
        return self._past.advance(tokens, self._condition)

    def _decode(self, tokens: Tokens) -> Floats:
        """The audio [C] of the last of these samples."""
        codec = self._network.codec
        signal = codec.values[tokens, None] if codec.levels else np.float32(codec.limit) * tokens
        for values in signal:
            self._last_audio = values + np.float32(codec.preemphasis) * self._last_audio
        return self._last_audio


class _Ensemble:
    """Streams that play one after another."""

    def __init__(self, channels: int) -> None:
        self._channels = channels

    def process(self, streams: Sequence[Stream], out: Floats) -> None:
        for stream, row in zip(streams, out, strict=True):
            stream.process(row if self._channels == 1 else row.reshape(-1, self._channels))


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
