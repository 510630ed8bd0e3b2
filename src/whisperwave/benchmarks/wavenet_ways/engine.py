"""Our engine: one instruction set, one precision, some threads, some streams."""

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from whisperwave.benchmarks.wavenet_ways import Network
from whisperwave.benchmarks.wavenet_ways.calibration import calibration
from whisperwave.benchmarks.wavenet_ways.way import Way
from whisperwave.runtimes.backends.native import NativeNetwork
from whisperwave.runtimes.sampling import Sampling
from whisperwave.runtimes.session import Runtime
from whisperwave.shapes import Port, Signature

Play = Callable[[NDArray[np.float32]], object]
"""Fills [streams, n]."""

_COMPARED = 64  # samples of every stream


class Engine(Way):
    """Sessions of the native backend: one alone, or several that share each read of a weight."""

    def __init__(
        self,
        network: Network,
        isa: str = "auto",
        precision: str = "float32",
        threads: int = 1,
        streams: int = 1,
    ) -> None:
        self.network = packed(network, isa, precision)
        self.name = f"engine, {self.network.isa}"
        self.precision, self.threads, self.streams = precision, threads, streams
        self._runtime = Runtime(self.network, _signature(network))
        self._guide = self._runtime.guide(network.style)
        self._play = self._together() if self.streams * self.threads > 1 else self._alone(0)

    def generate(self, samples: int) -> None:
        """Generate, one step for each sample."""
        self._play(np.empty((self.streams, samples), np.float32))

    def logits(self, classes: Sequence[int]) -> NDArray[np.float32]:
        """What each of the classes foretells."""
        return self._runtime.logits(np.array(classes), self._guide)

    def is_consistent(self) -> bool:
        """Does each of many streams play what it plays alone, on one thread?"""
        if self.streams * self.threads == 1:
            return True
        together, alone = np.empty((2, self.streams, _COMPARED), np.float32)
        self._together()(together)
        for stream in range(self.streams):
            self._alone(stream)(alone[stream : stream + 1])
        return np.array_equal(together, alone)

    def _alone(self, stream: int) -> Play:
        session = self._runtime.session(self._guide, Sampling(), seed=1, stream=stream)
        return lambda out: session.process(out[0])

    def _together(self) -> Play:
        opened = [
            self.network.open(self._guide.first, Sampling(), 1, i) for i in range(self.streams)
        ]
        ensemble = self.network.ensemble(self.streams, self.threads)
        return lambda out: ensemble.process(opened, out)


@lru_cache(maxsize=8)  # ways that differ in threads and streams share their weights
def packed(network: Network, isa: str, precision: str) -> NativeNetwork:
    """The network's weights as the engine reads them."""
    weights = dict(network.weights)
    if precision == "int8":
        weights |= calibration(network)
    return NativeNetwork(network.config, weights, _signature(network), isa, precision)


def _signature(network: Network) -> Signature:
    style = network.config["conditioning_channels"]
    audio = Port("audio", 1, 1, "audio")
    return Signature(
        kind="autoregressive",
        inputs=(audio, *((Port("style", style, 0, "style"),) if style else ())),
        outputs=(audio,),
        sample_rate=16_000,
        block_size=1,
        latency=0,
        receptive_field=network.receptive_field,
        codec={"name": "mulaw", "levels": network.config["classes"], "preemphasis": 0.85},
        head="softmax",
    )
