"""Our engine, on one instruction set."""

import numpy as np

from wavenet_ways import Network
from whisperwave.runtimes.backends.native import NativeNetwork
from whisperwave.runtimes.sampling import Sampling
from whisperwave.runtimes.session import Runtime, Session
from whisperwave.shapes import Port, Signature


class Engine:
    """A session of the native backend."""

    needs_whole_window = False

    def __init__(self, network: Network, isa: str) -> None:
        self.name = f"engine, {isa}"
        self.network = NativeNetwork(network.config, network.weights, _signature(network), isa)
        self._runtime = Runtime(self.network, _signature(network))
        self._guide = self._runtime.guide(network.style)
        self._session: Session = self._runtime.session(self._guide, Sampling(), seed=1)

    def generate(self, samples: int) -> None:
        """Generate, one step for each sample."""
        self._session.process(np.empty(samples, np.float32))

    def logits_after(self, classes: list[int]) -> np.ndarray:
        """The prediction after ``classes``."""
        return self._runtime.logits(np.array(classes), self._guide)[-1]


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
