"""The whole receptive field through the network for every sample, in ONNX Runtime.

The graph is that of `modules.FullWindow`, convolution by convolution.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from whisperwave.benchmarks.wavenet_ways import Network
from whisperwave.benchmarks.wavenet_ways.graphs import Graph, drawn
from whisperwave.benchmarks.wavenet_ways.way import Way


class WindowGraph(Way):
    """The first project's way, through ONNX Runtime."""

    name = "full window, ONNX Runtime"
    needs_whole_window = True

    def __init__(self, network: Network) -> None:
        config = network.config
        self._generator = np.random.default_rng(0)
        self._window = np.full(network.receptive_field, config["classes"] // 2, np.int64)
        self._logits = np.zeros((1, config["classes"], 1), np.float32)
        graph = Graph()
        output = _network(graph, network, "window")
        self._session = graph.session({"window": self._window}, {output: self._logits})

    def generate(self, samples: int) -> None:
        """Generate, one full window for each sample."""
        for _ in range(samples):
            self._session.run()
            self._window[:-1] = self._window[1:]
            self._window[-1] = drawn(self._logits[0, :, 0], self._generator)

    def logits(self, classes: Sequence[int]) -> NDArray[np.float32]:
        """What the classes, which fill the window, foretell: [1, A]."""
        self._window[:] = classes
        self._session.run()
        return self._logits[:, :, 0].copy()


def _network(graph: Graph, network: Network, classes: str) -> str:
    """From classes [T] to logits ``1 A 1``."""
    weights = network.weights
    rows = graph("Gather", graph.constant(weights["embedding.weight"]), classes)
    x = graph("Unsqueeze", graph("Transpose", rows), graph.constant(np.array([0])))
    skips = []
    for index, dilation in enumerate(network.dilations):
        x, skip = _layer(graph, network, index, dilation, x)
        skips.append(_after(graph, skip, -1))
    total = graph("Sum", *skips, graph.constant(weights["skip_bias"][None, :, None]))
    hidden = graph("Relu", _point(graph, network, "end1", graph("Relu", total)))
    return _point(graph, network, "end2", hidden)


def _layer(graph: Graph, network: Network, index: int, dilation: int, x: str) -> tuple[str, str]:
    """From ``1 R T`` to the next layer's input and this layer's skip, both without context."""
    name = f"layers.{index}"
    kernel = graph.constant(network.weights[f"{name}.dilated.weight"])
    bias = graph.constant(network.bias(index))
    gates = graph("Conv", x, kernel, bias, dilations=[dilation])
    filters, gate = graph.several("Split", gates, outputs=2, axis=1, num_outputs=2)
    z = graph("Mul", graph("Tanh", filters), graph("Sigmoid", gate))
    skip = _point(graph, network, f"{name}.skip", z)
    if f"{name}.residual.weight" not in network.weights:
        return z, skip
    return graph(
        "Add", _after(graph, x, dilation), _point(graph, network, f"{name}.residual", z)
    ), skip


def _point(graph: Graph, network: Network, name: str, x: str) -> str:
    """A convolution over one sample."""
    constants = [graph.constant(network.weights[f"{name}.weight"][..., None])]
    if f"{name}.bias" in network.weights:
        constants.append(graph.constant(network.weights[f"{name}.bias"]))
    return graph("Conv", x, *constants)


def _after(graph: Graph, x: str, start: int) -> str:
    """The samples of ``1 C T`` from one on."""
    bounds = [graph.constant(np.array([each])) for each in (start, np.iinfo(np.int64).max, 2)]
    return graph("Slice", x, *bounds)
