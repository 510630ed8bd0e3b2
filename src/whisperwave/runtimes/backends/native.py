"""The C++ engine: the fastest way to play a model, and the default."""

from collections.abc import Mapping, Sequence, Set
from typing import Any

import numpy as np

from whisperwave import _engine
from whisperwave.errors import EngineError
from whisperwave.modelfile import PRECISIONS, ModelFile
from whisperwave.modelfile.layouts import convnet, wavenet
from whisperwave.runtimes.codec import Codec
from whisperwave.runtimes.effect import Effect
from whisperwave.runtimes.network import Floats
from whisperwave.runtimes.sampling import Sampling
from whisperwave.runtimes.session import Runtime
from whisperwave.shapes import Signature

__all__ = ["PRECISIONS", "NativeNetwork", "load"]

_AT_ONCE = 512  # samples: less than 50 ms from 11 kHz on


def load(model: ModelFile, isa: str = "auto", precision: str = "float32") -> Runtime | Effect:
    """Pack a model's weights for the engine.

    Args:
        model: a verified model file of a family that the engine knows.
        isa: ``auto`` takes the fastest instruction set of this processor; one by name is for
            tests and comparisons, for all of them give the same bits.
        precision: what to round them to; int8 also needs the model's calibration.

    Raises:
        EngineError: the weights do not fit the configuration, hold values that are not finite, or
            the instruction set is not available.
    """
    weights = {**model.weights, **{f"calibration.{n}": a for n, a in model.calibration.items()}}
    if model.family == "convnet":
        return Effect(NativeConvnet(model.config, weights, isa, precision), model.signature)
    network = NativeNetwork(model.config, weights, model.signature, isa, precision)
    return Runtime(network, model.signature, wavenet.numbers_told(model.config))


class NativeNetwork:
    """Weights packed by the engine."""

    at_once = _AT_ONCE

    def __init__(
        self,
        config: Mapping[str, int],
        weights: Mapping[str, np.ndarray[Any, Any]],
        signature: Signature,
        isa: str = "auto",
        precision: str = "float32",
    ) -> None:
        config, codec = _complete(config), Codec.of(signature)
        known = _looked_up(config, codec, weights)
        told = config["conditioning_channels"] + config["control_channels"]
        self._model = _engine.WavenetModel(
            # To the engine, style and controls are one vector.
            config={**config, "conditioning_channels": told},
            dilations=wavenet.dilations(config),
            weights={name: _owned(array) for name, array in known.items()},
            class_values=codec.values,
            limit=codec.limit,
            deemphasis=codec.preemphasis,
            silence=codec.silence if codec.levels else 0,
            precision=precision,
            isa=isa,
        )

    @property
    def isa(self) -> str:
        """The instruction set that computes."""
        return self._model.isa

    @property
    def precision(self) -> str:
        """What the weights are held in."""
        return self._model.precision

    @property
    def bytes_per_sample(self) -> int:
        """Bytes of packed weights that are read for every sample."""
        return self._model.bytes_per_sample

    @property
    def multiply_adds(self) -> int:
        """Multiplications of the network for every sample."""
        return self._model.multiply_adds

    def open(
        self, condition: Floats, sampling: Sampling, seed: int, stream: int
    ) -> _engine.WavenetStream:
        """A new stream; the engine allocates all it will ever need here."""
        return _engine.WavenetStream(
            model=self._model,
            condition=condition,
            temperature=sampling.temperature,
            top_k=sampling.top_k,
            top_p=sampling.top_p,
            centring=sampling.centring,
            seed=seed,
            stream=stream,
        )

    def ensemble(self, capacity: int, threads: int) -> "NativeEnsemble":
        """Room for several of its streams at once."""
        return NativeEnsemble(self._model, capacity, threads)

    def all_pole(self, order: int) -> _engine.AllPole:
        """A new filter at rest."""
        return _engine.AllPole(order)


class NativeEnsemble:
    """Streams of one model, played together by threads of the engine."""

    def __init__(self, model: _engine.WavenetModel, capacity: int, threads: int) -> None:
        self._ensemble = _engine.WavenetEnsemble(model, capacity, threads)

    def process(self, streams: Sequence[Any], out: Floats) -> None:
        """Fill a row of ``out`` [N, n * C] for each stream."""
        self._ensemble.process(list(streams), out)


class NativeConvnet:
    """Weights of a feed-forward network, packed by the engine."""

    at_once = _AT_ONCE

    def __init__(
        self,
        config: Mapping[str, int],
        weights: Mapping[str, np.ndarray[Any, Any]],
        isa: str = "auto",
        precision: str = "float32",
    ) -> None:
        _check_keys(config, convnet.KEYS)
        self._model = _engine.ConvnetModel(
            config=dict(config),
            dilations=convnet.dilations(config),
            weights={name: _owned(array) for name, array in weights.items()},
            precision=precision,
            isa=isa,
        )

    @property
    def precision(self) -> str:
        """What the weights were rounded to."""
        return self._model.precision

    @property
    def isa(self) -> str:
        """The instruction set that computes."""
        return self._model.isa

    def open(self, condition: Floats) -> _engine.ConvnetStream:
        """A new stream; the engine allocates all it will ever need here."""
        return _engine.ConvnetStream(self._model, condition)


def _complete(config: Mapping[str, int]) -> dict[str, int]:
    _check_keys(config, wavenet.KEYS)
    return wavenet.complete(config)


def _check_keys(config: Mapping[str, int], keys: Set[str]) -> None:
    missing = sorted(keys - config.keys())
    if missing:
        raise EngineError(
            "BAD_SHAPE",
            f"the configuration has no {missing[0]!r}.",
            "Use the configuration that the weights were trained with.",
        )


def _looked_up(
    config: Mapping[str, int], codec: Codec, weights: Mapping[str, np.ndarray[Any, Any]]
) -> Mapping[str, np.ndarray[Any, Any]]:
    """The weights with a first layer on one-hot classes, the only one that the engine knows.

    A sample is one of few classes: a layer on values answers each with a row of a table, too.
    """
    if not (config["scalar_input"] and config["classes"]):
        return weights
    rows = codec.shares[:, None] * weights["embedding.weight"][:, None]
    rows[-1] += weights["embedding.bias"]
    return {**weights, "embedding.weight": rows.reshape(-1, config["residual_channels"])}


def _owned(array: np.ndarray[Any, Any]) -> Floats:
    """The array as the engine takes it: contiguous, aligned float32."""
    return np.require(array, np.float32, ["C", "A"])
