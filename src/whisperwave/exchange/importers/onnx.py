"""WaveNets as ONNX, with float or quantised weights, found by their place in the graph.

A gated unit is a product of a tanh and a sigmoid; the convolutions in front of it, and those that
hear it, are then known by where they lead. So names do not matter, nor what an exporter or
quantiser has put in between. Whether all was understood is proved by evaluating the graph.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from whisperwave.exchange.foreign import onnx_file
from whisperwave.exchange.foreign.layers import Array, Facts, Plain, completed
from whisperwave.exchange.foreign.onnx_file import Node
from whisperwave.exchange.foreign.onnx_graph import Graph, unlike
from whisperwave.exchange.foreign.questions import Question

_ENDING = ".onnx"
_VERSION_FIRST = b"\x08"  # the field that nearly every writer puts first
_FOLDING = (2, 0, 1)  # of axes, after time was folded into the batch in order to dilate
_OF_PYTORCH_WAVENET = ("start_conv", "filter_convs")


@dataclass(frozen=True, eq=False)
class _Layer:
    """The nodes of one layer."""

    unit: Node
    filter: Node
    gate: Node
    skip: Node
    residual: Node | None


def recognises(path: Path, start: bytes) -> bool:
    """Whether a file may be ONNX, whose first bytes say little: its name must say it too."""
    return path.suffix.lower() == _ENDING and start.startswith(_VERSION_FIRST)


def gather(path: Path) -> tuple[Path, ...]:
    """The file itself, and never one that it names."""
    return (path,)


def plain(files: Mapping[str, bytes]) -> Plain:
    """The network in the file.

    Raises:
        ModelFileError: the code says why not.
    """
    graph = _graph(files)
    end1, end2 = _ends(graph)
    layers = _layers(graph, end1)
    _check_skips(graph, end1, layers)
    start = graph.source(layers[0].filter.inputs[0])
    if start is None or start.kind != "Conv":
        raise unlike("there is no convolution in front of the first gated unit")
    _check_residuals(graph, start, layers)
    tensors = dict(_weights(graph, [("start", start), ("end1", end1), ("end2", end2)]))
    for index, layer in enumerate(layers):
        parts = [("filter", layer.filter), ("gate", layer.gate), ("skip", layer.skip)]
        parts += [("residual", layer.residual)] if layer.residual else []
        tensors |= _weights(graph, [(f"layers.{index}.{name}", node) for name, node in parts])
    return Plain(
        completed(tensors),
        tuple(_dilations(graph, layers)),
        _facts(graph),
        scalar=tensors["start.weight"].shape[1] == 1,
    )


def foretell(files: Mapping[str, bytes], network: Plain, question: Question) -> Array:
    """The logits ``[N, n, A]`` that the graph itself gives."""
    graph = _graph(files)
    _, end2 = _ends(graph)
    answers = []
    for window in question.windows:
        heard = question.values[window][None] if network.scalar else _one_hot(network, window)
        answers.append(graph.evaluate(heard[None], end2.outputs[0])[0].T)
    return np.stack(answers)


def _graph(files: Mapping[str, bytes]) -> Graph:
    (content,) = files.values()
    return Graph(onnx_file.read(content))


def _one_hot(network: Plain, window: Array) -> Array:
    return np.asarray(np.eye(network.classes)[:, window])


def _ends(graph: Graph) -> tuple[Node, Node]:
    """The two convolutions of the head, back from the graph's output."""
    node = graph.source(graph.file.output)
    if node is not None and node.kind in ("Softmax", "LogSoftmax"):
        node = graph.source(node.inputs[0])
    found = []
    for _ in range(2):
        if node is None or node.kind != "Conv":
            raise unlike("its output does not come from two convolutions with a ReLU each")
        found.append(node)
        relu = graph.source(node.inputs[0])
        if relu is None or relu.kind != "Relu":
            raise unlike("a convolution of its head has no ReLU in front of it")
        node = graph.source(relu.inputs[0])
    return found[1], found[0]


def _layers(graph: Graph, end1: Node) -> list[_Layer]:
    units = [found for node in graph.file.nodes if (found := _unit(graph, node))]
    if not units:
        raise unlike("it has no product of a tanh and a sigmoid")
    skips = set(map(id, _summed(graph, end1)))
    layers = []
    for unit, filters, gates in units:
        heard_by = [node for node in graph.targets(unit.outputs[0]) if node.kind == "Conv"]
        own = [node for node in heard_by if id(node) in skips]
        residual = [node for node in heard_by if id(node) not in skips and _is_heard(graph, node)]
        if len(own) != 1 or len(residual) > 1:
            raise unlike(f"a gated unit has {len(own)} skip and {len(residual)} residual outputs")
        layers.append(_Layer(unit, filters, gates, own[0], residual[0] if residual else None))
    return layers


def _unit(graph: Graph, node: Node) -> tuple[Node, Node, Node] | None:
    """A gated unit with its filter and gate, where ``node`` is the product that makes one."""
    heard = graph.heard(node)
    if node.kind != "Mul" or len(heard) != 2:
        return None
    sources = {source.kind: source for name in heard if (source := graph.source(name))}
    gate = sources.get("Sigmoid") or sources.get("HardSigmoid")
    if "Tanh" not in sources or gate is None:
        return None
    found = [graph.source(each.inputs[0]) for each in (sources["Tanh"], gate)]
    filters, gates = found
    if filters is None or gates is None or {filters.kind, gates.kind} != {"Conv"}:
        raise unlike("a gated unit hears something else than two convolutions")
    if filters is gates:
        raise unlike("a gated unit hears two halves of one convolution")
    return node, filters, gates


def _summed(graph: Graph, end1: Node) -> Iterator[Node]:
    """The convolutions whose sum the head hears."""
    relu = graph.source(end1.inputs[0])
    waiting, seen = [relu.inputs[0]] if relu else [], set()
    while waiting:
        node = graph.source(waiting.pop())
        if id(node) in seen:
            raise unlike("its head hears something twice")
        seen.add(id(node))
        if node is not None and node.kind in ("Add", "Sum"):
            waiting += graph.heard(node)
        elif node is not None and node.kind == "Conv":
            yield node
        else:
            raise unlike("its head hears something else than a sum of skip convolutions")


def _is_heard(graph: Graph, node: Node) -> bool:
    return any(True for _ in graph.targets(node.outputs[0]))


def _check_skips(graph: Graph, end1: Node, layers: list[_Layer]) -> None:
    summed = sorted(map(id, _summed(graph, end1)))
    if summed != sorted(id(layer.skip) for layer in layers):
        raise unlike("its head hears other convolutions than one of each gated unit")


def _check_residuals(graph: Graph, start: Node, layers: list[_Layer]) -> None:
    """Each layer hears what the one before heard, and what that one added."""
    before: Node | None = start
    for layer, following in pairwise(layers):
        for heard_by in (following.filter, following.gate):
            total = graph.source(heard_by.inputs[0])
            added = [graph.source(name) for name in graph.heard(total)] if total else []
            if total is None or total.kind != "Add" or set(map(id, added)) != {
                id(before), id(layer.residual),
            }:  # fmt: skip
                raise unlike("a layer does not hear the sum of the one before and its residual")
        before = total


def _weights(graph: Graph, parts: list[tuple[str, Node]]) -> Iterator[tuple[str, Array]]:
    for name, node in parts:
        yield f"{name}.weight", graph.constant(node.inputs[1]).astype(np.float32)
        if len(node.inputs) > 2 and node.inputs[2]:
            yield f"{name}.bias", graph.constant(node.inputs[2]).astype(np.float32)


def _dilations(graph: Graph, layers: list[_Layer]) -> Iterator[int]:
    """As the convolutions say, or as time is folded into the batch in front of them."""
    folds = 1
    for layer in layers:
        folds = _fold(graph, layer.filter.inputs[0]) or folds
        (dilation,) = layer.filter.attributes.get("dilations", [1])
        yield folds * int(dilation)


def _fold(graph: Graph, name: str) -> int | None:
    """How many folds the nearest reshaping in front of ``name`` makes; None if there is none."""
    perm: tuple[int, ...] = ()
    for node in graph.moves(name):
        if node.kind == "Transpose":
            perm = tuple(node.attributes.get("perm", ()))
        elif node.kind == "Reshape" and perm == _FOLDING:
            shape = graph.constants.get(node.inputs[1])
            if shape is None or shape.shape != (3,) or shape[2] < 1:
                raise unlike("time is folded by a number that depends on the sound's length")
            return int(shape[2])
    return None


def _facts(graph: Graph) -> Facts:
    kinds = [node.kind for node in graph.file.nodes]
    hard, quantised = kinds.count("HardSigmoid"), kinds.count("DequantizeLinear")
    notes = []
    if hard:
        notes.append(f"{hard} hard sigmoids are played as the sigmoids that they stand for.")
    if quantised:
        notes.append(
            "Quantised weights are played at the values that they stand for; what the network "
            "hears is not rounded."
        )
    names = " ".join(graph.file.constants)
    ours = all(name in names for name in _OF_PYTORCH_WAVENET)
    shape = graph.file.input_shape
    return Facts(
        "pytorch-wavenet" if ours else "mulaw",
        window=shape[2] if len(shape) == 3 and shape[2] else None,
        notes=tuple(notes),
    )
