"""The networks of `torch_wavenets` as ONNX graphs, in the ways in which exporters write them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

Array = np.ndarray
SCALE = 1.0001220703125  # by which a quantiser corrects the hard sigmoid that it puts in


@dataclass
class Writer:
    """Writes one graph.

    Args:
        weights: ``float``, or the way in which weights are quantised: ``tensor``, ``channel``.
        bias: the type of quantised biases.
        heard: whether what the network hears is quantised as well.
        hard: whether sigmoids are written as hard sigmoids.
        folded: whether time is folded into the batch in order to dilate, in windows of one length.
        names: what tensors are called: as in the source, ``prefixed`` or ``numbered``.
    """

    weights: str = "float"
    bias: str = "int8"
    heard: bool = False
    hard: bool = False
    folded: bool = False
    names: str = "plain"
    nodes: list[Any] = field(default_factory=list)
    tensors: list[Any] = field(default_factory=list)

    def write(self, net: Any, path: Path, window: int | None = None) -> Path:
        """The whole graph of ``net``; ``window`` is needed to fold."""
        onnx.save(self.model(net, window), path)
        return path

    def model(self, net: Any, window: int | None = None) -> Any:
        classes = net.end_conv_2.out_channels
        logits = self._network(net, window)
        self.nodes.append(helper.make_node("Identity", [logits], ["output"]))
        graph = helper.make_graph(
            self.nodes,
            "wavenet",
            [
                helper.make_tensor_value_info(
                    "input", TensorProto.FLOAT, ["n", classes, window or "t"]
                )
            ],
            [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["n", classes, "m"])],
            self.tensors,
        )
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        onnx.checker.check_model(made)
        return made

    def _network(self, net: Any, window: int | None) -> str:
        length, folds, skips = window or 0, 1, ""
        x = self.convolution("input", net.start_conv, "start_conv")
        for layer, (dilation, _) in enumerate(net.dilations):
            if self.folded:
                x, length = self.fold(x, length, folds, dilation, net)
                folds = dilation
            inner = 1 if self.folded else dilation
            convolutions = [
                self.convolution(x, each[layer], f"{name}.{layer}", inner)
                for name, each in (
                    ("filter_convs", net.filter_convs),
                    ("gate_convs", net.gate_convs),
                )
            ]
            z = self.quantised(
                self.node("Mul", self.tanh(convolutions[0]), self.gate(convolutions[1]))
            )
            reach = (net.kernel_size - 1) * inner
            shorter = length - (net.kernel_size - 1) * dilation
            flat, _ = self.fold(z, shorter, folds, 1, net, "z") if self.folded else (z, 0)
            own = self.convolution(flat, net.skip_convs[layer], f"skip_convs.{layer}")
            skips = self.added_skips(skips, own, shorter, net, layer) if skips else own
            if layer < len(net.dilations) - 1:
                residual = self.convolution(z, net.residual_convs[layer], f"residual_convs.{layer}")
                x = self.quantised(self.node("Add", residual, self.slice(x, reach)))
            length = shorter
        hidden = self.convolution(self.node("Relu", skips), net.end_conv_1, "end_conv_1")
        return self.convolution(self.node("Relu", hidden), net.end_conv_2, "end_conv_2")

    def added_skips(self, skips: str, own: str, length: int, net: Any, layer: int) -> str:
        """Earlier skips are longer, and are cut to the newest ones."""
        dilation = net.dilations[layer][0]
        start = -length if self.folded else (net.kernel_size - 1) * dilation
        return self.node("Add", own, self.slice(skips, start))

    def convolution(self, x: str, module: Any, name: str, dilation: int = 1) -> str:
        inputs = [x, self.weight(f"{name}.weight", module.weight)]
        if module.bias is not None:
            inputs.append(self.weight(f"{name}.bias", module.bias))
        made = self.node(
            "Conv", *inputs, dilations=[dilation], kernel_shape=[module.kernel_size[0]]
        )
        return self.quantised(made)

    def weight(self, name: str, parameter: Any) -> str:
        array = parameter.detach().numpy()
        if self.weights == "float":
            return self.tensor(array, name)
        axis = 0 if self.weights == "channel" else None
        kind = np.dtype(self.bias if name.endswith("bias") else "int8")
        whole, scale = quantise(array, axis, kind)
        inputs = [self.tensor(whole, f"{name}_quantized"), self.tensor(scale, f"{name}_scale")]
        inputs.append(self.tensor(np.zeros(scale.shape, kind), f"{name}_zero_point"))
        return self.node("DequantizeLinear", *inputs, **({"axis": 0} if axis == 0 else {}))

    def tanh(self, x: str) -> str:
        return self.quantised(self.node("Tanh", x))

    def gate(self, x: str) -> str:
        if not self.hard:
            return self.quantised(self.node("Sigmoid", x))
        hard = self.quantised(self.node("HardSigmoid", x, alpha=1 / 6))
        return self.quantised(self.node("Mul", hard, self.tensor(np.float32(SCALE))))

    def quantised(self, x: str) -> str:
        """Rounded to 8 bits and back, coarsely, where what is heard is quantised."""
        if not self.heard:
            return x
        scale, zero = self.tensor(np.float32(0.25)), self.tensor(np.uint8(128))
        return self.node(
            "DequantizeLinear", self.node("QuantizeLinear", x, scale, zero), scale, zero
        )

    def slice(self, x: str, start: int) -> str:
        bounds = [np.array([each]) for each in (start, np.iinfo(np.int64).max, 2)]
        return self.node("Slice", x, *map(self.tensor, bounds))

    def fold(
        self, x: str, length: int, before: int, after: int, net: Any, what: str = "x"
    ) -> tuple[str, int]:
        """Every so many samples become rows of a batch; zeros in front where they do not divide."""
        if before == after:
            return x, length
        missing = -length % after
        if missing:  # a row of each fold that there is so far
            rows = missing // before
            x = self.node("Pad", x, self.tensor(np.array([0, 0, rows, 0, 0, 0])))
            length += missing
        channels = net.skip_convs[0].in_channels if what == "z" else net.start_conv.out_channels
        x = self.node("Transpose", x, perm=[1, 2, 0])
        x = self.node("Reshape", x, self.tensor(np.array([channels, length // after, after])))
        return self.node("Transpose", x, perm=[2, 0, 1]), length

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = f"/{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def tensor(self, array: Any, name: str = "") -> str:
        if self.names == "numbered" or not name:
            name = f"onnx::{len(self.tensors)}"
        elif self.names == "prefixed":
            name = f"model.wavenet.{name}"
        self.tensors.append(numpy_helper.from_array(np.asarray(array), name))
        return name


def quantise(array: Array, axis: int | None, kind: Any) -> tuple[Array, Array]:
    """Whole numbers of a type, and the scales that they are multiplied by."""
    others = tuple(range(1, array.ndim)) if axis == 0 else None
    most = np.abs(array).max(others) if array.ndim > 1 or axis is None else np.abs(array)
    limit = 127 if kind == np.int8 else 2**20
    scale = (np.maximum(most, 1e-6) / limit).astype(np.float32)
    along = scale.reshape([-1] + [1] * (array.ndim - 1)) if axis == 0 else scale
    return np.rint(array / along).astype(kind), scale


def dequantised(net: Any, axis: int | None, kind: Any) -> None:
    """Give a torch network the weights that a quantised graph of it has."""
    for name, parameter in net.named_parameters():
        own = kind if name.endswith("bias") else np.dtype("int8")
        whole, scale = quantise(parameter.detach().numpy(), axis, np.dtype(own))
        shape: Sequence[int] = [-1] + [1] * (whole.ndim - 1)
        exact = whole.astype("f4") * (scale.reshape(shape) if axis == 0 else scale)
        parameter.data.copy_(type(parameter.data)(exact))
