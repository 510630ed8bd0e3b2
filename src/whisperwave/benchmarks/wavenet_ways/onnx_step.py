"""The best cached step through ONNX Runtime that we can write: one graph, its state explicit.

ONNX Runtime pays more than a microsecond for every node, so the graph has as few as it can: four a
layer, for a product and the function on it become one. The state is every layer's past inputs, in
rings that lie one after another in one array; the graph reads the oldest row of each by one
`Gather` and gives the newest rows back, which take their places. Tried beside it, and within 5 % of
it or slower: rows gathered outside of the graph, a `ScatterND` inside of it, one product for filter
and gate with one `Tanh` on both.

- All layers' old taps meet their weights in one batched product.
- Biases of the residual add up from layer to layer. Here the layers hear their inputs without them,
  the biases of the dilated convolutions make up for it, and silence is minus those sums.
- The skip sum of all layers is one matrix-vector product.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from whisperwave.benchmarks.wavenet_ways import Network
from whisperwave.benchmarks.wavenet_ways.graphs import Graph, drawn
from whisperwave.benchmarks.wavenet_ways.way import Way

Floats = NDArray[np.float32]


class StepGraph(Way):
    """One run of a graph for each sample, kernel size 2."""

    name = "cached step, ONNX Runtime"

    def __init__(self, network: Network) -> None:
        lengths, left_out = np.array(network.dilations), _left_out(network)
        starts = np.cumsum(lengths) - lengths
        # Dilations are powers of two: all rings are where they began after the longest.
        self._rows_at = starts + np.arange(lengths.max())[:, None] % lengths
        self._step = 0
        self._last = network.config["classes"] // 2
        self._generator = np.random.default_rng(0)
        self._index = np.zeros(1, np.int64)
        self._rows = np.zeros(len(lengths), np.int64)
        self._rings = np.repeat(-left_out, lengths, axis=0)
        self._newest = np.zeros_like(left_out)
        self._logits = np.zeros((1, network.config["classes"]), np.float32)
        graph = Graph()
        newest, logits = _Step(graph, network, left_out).outputs("index", "rows", "rings")
        self._session = graph.session(
            {"index": self._index, "rows": self._rows, "rings": self._rings},
            {newest: self._newest, logits: self._logits},
        )

    def generate(self, samples: int) -> None:
        """Generate, one step for each sample."""
        for _ in range(samples):
            self._last = drawn(self._foretold(self._last), self._generator)

    def logits(self, classes: Sequence[int]) -> Floats:
        """What each of the classes foretells."""
        return np.stack([self._foretold(index).copy() for index in classes])

    def _foretold(self, index: int) -> Floats:
        self._index[0] = index
        self._rows[:] = self._rows_at[self._step]
        self._session.run()
        self._rings[self._rows] = self._newest
        self._step = (self._step + 1) % len(self._rows_at)
        newest: Floats = self._logits[0]
        return newest


def _left_out(network: Network) -> Floats:
    """The biases that each layer's input would have by now, [L, R]."""
    count = len(network.dilations)
    biases = [network.weights[f"layers.{i}.residual.bias"] for i in range(count - 1)]
    return np.cumsum([np.zeros_like(biases[0]), *biases], axis=0, dtype=np.float32)


class _Step:
    """The graph of one step."""

    def __init__(self, graph: Graph, network: Network, left_out: Floats) -> None:
        self._graph = graph
        self._weights = network.weights
        self._layers = range(len(network.dilations))
        kernels = [self._weights[f"layers.{i}.dilated.weight"] for i in self._layers]
        self._old = np.stack([kernel[..., 0].T for kernel in kernels])
        self._new = [np.split(kernel[..., 1], 2) for kernel in kernels]  # filters, gates
        made_up = np.stack([kernels[i].sum(2) @ left_out[i] for i in self._layers])
        self._biases = made_up + np.stack([network.bias(i) for i in self._layers])

    def outputs(self, index: str, rows: str, rings: str) -> tuple[str, str]:
        """The newest row of every ring [L, R], and the logits [1, A]."""
        graph, pasts = self._graph, self._pasts(self._graph("Gather", rings, rows))
        x = graph("Gather", graph.constant(self._weights["embedding.weight"]), index)
        inputs, gated = [x], []
        for layer in self._layers:
            gated.append(self._gated(layer, inputs[-1], *pasts[2 * layer : 2 * layer + 2]))
            if layer != self._layers[-1]:
                residual = self._weights[f"layers.{layer}.residual.weight"]
                inputs.append(self._affine(gated[-1], residual, inputs[-1]))
        return graph("Concat", *inputs, axis=0), self._head(graph("Concat", *gated, axis=1))

    def _pasts(self, oldest: str) -> list[str]:
        """What the old taps give each layer's filters and gates in turn, [1, D] each."""
        graph, (layers, inputs, both) = self._graph, self._old.shape
        rows = graph("Reshape", oldest, graph.constant(np.array([layers, 1, inputs])))
        product = graph("MatMul", rows, graph.constant(self._old))
        past = graph("Add", product, graph.constant(self._biases[:, None]))
        halves = graph("Reshape", past, graph.constant(np.array([2 * layers, both // 2])))
        return graph.several("Split", halves, outputs=2 * layers, axis=0, num_outputs=2 * layers)

    def _gated(self, layer: int, x: str, past_filter: str, past_gate: str) -> str:
        filters, gates = self._new[layer]
        filtered = self._graph("Tanh", self._affine(x, filters, past_filter))
        opened = self._graph("Sigmoid", self._affine(x, gates, past_gate))
        return self._graph("Mul", filtered, opened)

    def _head(self, gated: str) -> str:
        skips = [self._weights[f"layers.{layer}.skip.weight"] for layer in self._layers]
        skip = self._affine(gated, np.hstack(skips), self._constant("skip_bias"))
        hidden = self._graph("Relu", self._end("end1", self._graph("Relu", skip)))
        return self._end("end2", hidden)

    def _end(self, name: str, x: str) -> str:
        return self._affine(x, self._weights[f"{name}.weight"], self._constant(f"{name}.bias"))

    def _affine(self, x: str, weight: Floats, bias: str) -> str:
        return self._graph("Gemm", x, self._graph.constant(weight), bias, transB=1)

    def _constant(self, name: str) -> str:
        return self._graph.constant(self._weights[name])
