"""ONNX graphs, written node by node, and sessions of ONNX Runtime that run them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import helper, numpy_helper

OPSET, IR_VERSION = 20, 10
ERRORS_ONLY = 3  # of ONNX Runtime's log levels


class Graph:
    """A graph that grows by one node a call; values are known by their names."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def constant(self, array: NDArray[Any]) -> str:
        """An initialiser."""
        name = f"constant{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def __call__(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """A node of one output."""
        return self.several(kind, *inputs, outputs=1, **attributes)[0]

    def several(self, kind: str, *inputs: str, outputs: int, **attributes: Any) -> list[str]:
        """A node of several outputs."""
        names = [f"{kind}{len(self._nodes)}.{i}" for i in range(outputs)]
        self._nodes.append(helper.make_node(kind, inputs, names, **attributes))
        return names

    def session(
        self, inputs: Mapping[str, NDArray[Any]], outputs: Mapping[str, NDArray[Any]]
    ) -> "BoundSession":
        """Run the graph on these arrays, read and written in place; outputs by value name."""
        graph = helper.make_graph(
            self._nodes, "wavenet", _described(inputs), _described(outputs), self._constants
        )
        opset = helper.make_opsetid("", OPSET)
        model = helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION)
        onnx.checker.check_model(model, full_check=True)
        return BoundSession(model.SerializeToString(), inputs, outputs)


class BoundSession:
    """A session on one thread whose inputs and outputs are arrays of ours: no run copies any."""

    def __init__(
        self,
        model: bytes,
        inputs: Mapping[str, NDArray[Any]],
        outputs: Mapping[str, NDArray[Any]],
    ) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = ERRORS_ONLY
        self._session = onnxruntime.InferenceSession(
            model, options, providers=["CPUExecutionProvider"]
        )
        self._arrays = (inputs, outputs)  # a binding holds addresses, not references
        self._binding = self._session.io_binding()
        for name, array in inputs.items():
            self._binding.bind_input(name, *_place(array))
        for name, array in outputs.items():
            self._binding.bind_output(name, *_place(array))

    def run(self) -> None:
        """Compute the outputs from what the inputs hold now."""
        self._session.run_with_iobinding(self._binding)


def drawn(logits: NDArray[np.float32], generator: np.random.Generator) -> int:
    """The next class, drawn from logits [A] at temperature 1."""
    shares = np.exp(logits - logits.max()).cumsum()
    return min(int(shares.searchsorted(generator.random() * shares[-1])), len(shares) - 1)


def _described(arrays: Mapping[str, NDArray[Any]]) -> list[onnx.ValueInfoProto]:
    return [
        helper.make_tensor_value_info(
            name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape
        )
        for name, array in arrays.items()
    ]


def _place(array: NDArray[Any]) -> tuple[str, int, Any, tuple[int, ...], int]:
    return "cpu", 0, array.dtype.type, array.shape, array.ctypes.data
