"""Walking an ONNX graph: what lies before and behind a result, what is constant, what it means.

What quantisation put in between is looked through. Weights are taken at the values that their
whole numbers and scales stand for; what is heard is never rounded. A sigmoid written as
HardSigmoid, and the scale behind it that corrects it, are read as the sigmoid that they replaced.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property

import numpy as np

from whisperwave.errors import ModelFileError
from whisperwave.exchange.foreign import onnx_operations
from whisperwave.exchange.foreign.faults import damaged
from whisperwave.exchange.foreign.onnx_file import Array, Node, OnnxFile

# What moves numbers about, or says them in another way, but computes nothing of a network.
_MOVES = {
    "Cast", "DequantizeLinear", "Dropout", "Identity", "Pad", "QuantizeLinear", "Reshape", "Slice",
    "Squeeze", "Transpose", "Unsqueeze",
}  # fmt: skip
_NEARLY_ONE = (0.9, 1.1)


class Graph:
    """A file's graph, with all that is constant computed.

    Args:
        file: as it was read.

    Raises:
        ModelFileError: ``IMPORT_DAMAGED``, its nodes are not in order or give a name twice.
    """

    def __init__(self, file: OnnxFile) -> None:
        self.file = file
        self.makers: dict[str, Node] = {}
        self.constants = {name: _widened(array) for name, array in file.constants.items()}
        known = {file.input, "", *self.constants}
        for node in file.nodes:
            if not known.issuperset(node.inputs):
                raise damaged("a node hears what no node before it has made")
            fixed = all(name in self.constants for name in node.inputs if name)
            if fixed:
                self.constants |= zip(node.outputs, self._constant(node), strict=False)
            else:
                self.makers |= dict.fromkeys(node.outputs, node)
            if known & set(node.outputs) - {""}:
                raise damaged("two nodes give the same name")
            known |= set(node.outputs)
        if file.output not in self.makers:
            raise damaged("the graph's output does not depend on its input")

    def _constant(self, node: Node) -> tuple[Array, ...]:
        results = onnx_operations.run(node, [self.constants.get(name) for name in node.inputs])
        return tuple(_widened(result) for result in results)

    @cached_property
    def users(self) -> Mapping[str, list[Node]]:
        """The nodes that hear each name."""
        found: dict[str, list[Node]] = {}
        for node in self.file.nodes:
            for name in set(node.inputs):
                found.setdefault(name, []).append(node)
        return found

    def moves(self, name: str) -> Iterator[Node]:
        """The nodes between ``name`` and what computed it, the nearest first."""
        node = self.makers.get(name)
        while node is not None and node.kind in _MOVES:
            yield node
            node = self.makers.get(node.inputs[0])

    def source(self, name: str) -> Node | None:
        """The node that computed what ``name`` shows; None for the graph's input, or a constant."""
        node = self._behind_moves(name)
        if node is not None and self.is_correction(node):
            return self._behind_moves(self.heard(node)[0])
        return node

    def _behind_moves(self, name: str) -> Node | None:
        for move in self.moves(name):
            name = move.inputs[0]
        return self.makers.get(name)

    def heard(self, node: Node) -> list[str]:
        """The inputs of a node that are not constant."""
        return [name for name in node.inputs if name and name not in self.constants]

    def is_correction(self, node: Node) -> bool:
        """Whether it multiplies a hard sigmoid by about one."""
        heard = self.heard(node)
        if node.kind != "Mul" or len(heard) != 1:
            return False
        constant = [self.constants[name] for name in node.inputs if name in self.constants]
        low, high = _NEARLY_ONE
        if len(constant) != 1 or constant[0].size != 1 or not low <= constant[0].item() <= high:
            return False
        hard = self._behind_moves(heard[0])
        return hard is not None and hard.kind == "HardSigmoid"

    def targets(self, name: str) -> Iterator[Node]:
        """The nodes that compute with ``name``, however it was moved about on the way."""
        for node in self.users.get(name, ()):
            if node.kind not in _MOVES:
                yield node
            elif node.inputs[0] == name:
                for output in node.outputs:
                    yield from self.targets(output)

    def evaluate(self, heard: Array, wanted: str) -> Array:
        """What ``wanted`` is for an input.

        Raises:
            ModelFileError: ``IMPORT_UNSUPPORTED`` or ``IMPORT_DAMAGED``.
        """
        nodes = self._needed(wanted)
        last_use = {name: at for at, node in enumerate(nodes) for name in node.inputs}
        values = {self.file.input: heard}
        for at, node in enumerate(nodes):
            arguments = [self._argument(name, values) for name in node.inputs]
            values |= zip(node.outputs, self._run(node, arguments), strict=False)
            for name in node.inputs:
                if last_use[name] == at:
                    values.pop(name, None)
        return values[wanted]

    def _argument(self, name: str, values: Mapping[str, Array]) -> Array | None:
        if not name:
            return None
        return self.constants[name] if name in self.constants else values[name]

    def _run(self, node: Node, arguments: list[Array | None]) -> tuple[Array, ...]:
        if node.kind == "QuantizeLinear" or self.is_correction(node):
            at = node.inputs.index(self.heard(node)[0])
            return (np.asarray(arguments[at]),)
        return onnx_operations.run(node, arguments)

    def _needed(self, wanted: str) -> list[Node]:
        """The nodes that ``wanted`` depends on, in order."""
        names, needed = {wanted}, []
        for node in reversed(self.file.nodes):
            if names & set(node.outputs) and node.outputs[0] not in self.constants:
                needed.append(node)
                names |= set(node.inputs)
        return needed[::-1]

    def constant(self, name: str) -> Array:
        """A constant by its name.

        Raises:
            ModelFileError: ``IMPORT_DAMAGED``.
        """
        if name not in self.constants:
            raise damaged("a weight is computed from the sound")
        return self.constants[name]


def _widened(array: Array) -> Array:
    return array.astype(np.float64) if array.dtype.kind == "f" else array


def unlike(what: str) -> ModelFileError:
    """The graph is not that of a WaveNet."""
    return ModelFileError(
        "IMPORT_UNSUPPORTED",
        f"the graph is not that of a WaveNet: {what}.",
        "Known are gated units of two convolutions each, with residual and skip convolutions.",
    )
