"""The few ONNX operations that exported WaveNets are made of, in NumPy and float64.

After the format's public operator descriptions. They are there to say what a graph means; nothing
of a file chooses what is called but the names below.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from whisperwave.exchange.foreign.faults import damaged, unsupported
from whisperwave.exchange.foreign.onnx_file import Array, Node

_MOST_NUMBERS = 2**28  # of one intermediate result
_Operation = Callable[[Node, Sequence[Any]], Any]


def run(node: Node, arguments: Sequence[Array | None]) -> tuple[Array, ...]:
    """The outputs of one node.

    Raises:
        ModelFileError: ``IMPORT_UNSUPPORTED`` for an operation that is none of ours;
            ``IMPORT_DAMAGED``.
    """
    operation = OPERATIONS.get(node.kind)
    if operation is None:
        raise unsupported(f"the graph uses the operation {node.kind[:80]!r}")
    result = operation(node, arguments)
    outputs = result if isinstance(result, tuple) else (np.asarray(result),)
    if any(output.size > _MOST_NUMBERS for output in outputs):
        raise damaged(f"a result of {node.kind} has more than {_MOST_NUMBERS} numbers")
    return outputs


def _conv(node: Node, arguments: Sequence[Any]) -> Array:
    x, weight, bias = (*arguments, None)[:3]
    if x.ndim != 3 or weight.ndim != 3 or node.attributes.get("group", 1) != 1:
        raise unsupported("the graph has a convolution over something else than time")
    if node.attributes.get("strides", [1]) != [1] or _auto_pad(node) not in ("", "NOTSET", "VALID"):
        raise unsupported("the graph has a convolution with strides or automatic padding")
    (dilation,) = node.attributes.get("dilations", [1])
    before, after = node.attributes.get("pads", [0, 0])
    _check_size(x.size + (before + after) * x.shape[0] * x.shape[1])
    x = np.pad(x, [(0, 0), (0, 0), (before, after)])
    length = x.shape[2] - (weight.shape[2] - 1) * dilation
    if length < 1 or x.shape[1] != weight.shape[1]:
        raise damaged("a convolution does not fit what it hears")
    taps = range(weight.shape[2])
    spans = (x[:, :, tap * dilation : tap * dilation + length] for tap in taps)
    convolved = sum(weight[:, :, tap] @ span for tap, span in zip(taps, spans, strict=True))
    return np.asarray(convolved if bias is None else convolved + bias[:, None])


def _auto_pad(node: Node) -> str:
    return str(node.attributes.get("auto_pad", ""))


def _quantize(node: Node, arguments: Sequence[Any]) -> Array:
    """A constant is rounded as its maker meant it; see `onnx_graph.Graph` for what is heard."""
    x, scale, zero = (*arguments, None)[:3]
    zero = np.zeros((), np.uint8) if zero is None else zero
    limits = np.iinfo(zero.dtype)
    steps = np.rint(x / _along(scale, x, node)) + _along(zero, x, node).astype(np.float64)
    return np.asarray(np.clip(steps, limits.min, limits.max).astype(zero.dtype))


def _dequantize(node: Node, arguments: Sequence[Any]) -> Array:
    x, scale, zero = (*arguments, None)[:3]
    if x.dtype.kind == "f":  # heard, and therefore never rounded
        return np.asarray(x)
    shifted = x.astype(np.float64)
    if zero is not None:
        shifted = shifted - _along(zero, x, node).astype(np.float64)
    return np.asarray(shifted * _along(scale, x, node))


def _along(values: Any, x: Any, node: Node) -> Any:
    """Scales or zero points, one for all or one for each index of an axis."""
    if values.size == 1:
        return values.reshape(())
    axis = node.attributes.get("axis", 1)
    if values.ndim != 1 or not -x.ndim <= axis < x.ndim or x.shape[axis] != len(values):
        raise damaged("a tensor is quantised by scales that do not fit it")
    shape = [1] * x.ndim
    shape[axis] = len(values)
    return values.reshape(shape)


def _reshape(node: Node, arguments: Sequence[Any]) -> Array:
    x, shape = arguments
    keeps = not node.attributes.get("allowzero", 0)
    sizes = [x.shape[i] if keeps and size == 0 else int(size) for i, size in enumerate(shape)]
    return np.asarray(x.reshape(sizes))


def _slice(node: Node, arguments: Sequence[Any]) -> Array:
    x, *rest = arguments
    if not rest:  # as written before opset 10
        rest = [node.attributes.get(name) for name in ("starts", "ends", "axes")]
    starts, ends, axes, steps = (*rest, None, None)[:4]
    axes = range(len(starts)) if axes is None else axes
    steps = [1] * len(starts) if steps is None else steps
    taken = [slice(None)] * x.ndim
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        # Running back to before the first index, ONNX says a very negative end, Python says None.
        stop = None if step < 0 and end < -x.shape[axis] else int(end)
        taken[int(axis)] = slice(int(start), stop, int(step))
    return np.asarray(x[tuple(taken)])


def _pad(node: Node, arguments: Sequence[Any]) -> Array:
    x, *rest = arguments
    pads, value = (*rest, None, None)[:2] if rest else (node.attributes.get("pads"), None)
    if node.attributes.get("mode", "constant") != "constant" or len(rest) > 2:
        raise unsupported("the graph pads with something else than a constant")
    before, after = np.asarray(pads, np.int64).reshape(2, x.ndim)
    _check_size(int(np.prod(np.asarray(x.shape) + np.abs(before) + np.abs(after), dtype=object)))
    constant = node.attributes.get("value", 0.0) if value is None else float(np.asarray(value))
    cut = tuple(
        slice(max(0, -b), x.shape[i] - max(0, -a))
        for i, (b, a) in enumerate(zip(before, after, strict=True))
    )
    widths = list(zip(np.maximum(before, 0), np.maximum(after, 0), strict=True))
    return np.pad(x[cut], widths, constant_values=constant)


def _check_size(numbers: int) -> None:
    if not 0 <= numbers <= _MOST_NUMBERS:
        raise damaged(f"the graph asks for {numbers} numbers at once")


def _axes(node: Node, arguments: Sequence[Any]) -> tuple[int, ...]:
    """Of Squeeze and Unsqueeze: an input, or before opset 13 an attribute."""
    told = arguments[1] if len(arguments) > 1 else node.attributes.get("axes", ())
    return tuple(int(axis) for axis in told)


def _squeeze(node: Node, arguments: Sequence[Any]) -> Array:
    return np.asarray(np.squeeze(arguments[0], _axes(node, arguments) or None))


def _unsqueeze(node: Node, arguments: Sequence[Any]) -> Array:
    return np.asarray(np.expand_dims(arguments[0], _axes(node, arguments)))


def _split(node: Node, arguments: Sequence[Any]) -> tuple[Array, ...]:
    x, axis = arguments[0], node.attributes.get("axis", 0)
    sizes = arguments[1] if len(arguments) > 1 else node.attributes.get("split")
    if sizes is None:
        return tuple(np.array_split(x, len(node.outputs), axis))
    return tuple(np.split(x, np.cumsum(sizes)[:-1].astype(int), axis))


def _cast(node: Node, arguments: Sequence[Any]) -> Array:
    """Among whole numbers and truth values; every other number is of 64 bits here."""
    whole = {6: np.int32, 7: np.int64, 9: np.bool_}
    return np.asarray(arguments[0].astype(whole.get(node.attributes.get("to", 0), np.float64)))


def _filled(node: Node, arguments: Sequence[Any]) -> Array:
    value = np.asarray(node.attributes.get("value", np.zeros(1))).reshape(-1)[:1]
    _check_size(int(np.prod(arguments[0], dtype=object)))
    return np.full([int(size) for size in arguments[0]], value[0])


def _constant(node: Node, _arguments: Sequence[Any]) -> Array:
    for name in ("value", "value_float", "value_int", "value_ints"):
        if name in node.attributes:
            return np.asarray(node.attributes[name])
    raise unsupported("the graph has a constant of a kind that nobody knows")


def _divided(_node: Node, arguments: Sequence[Any]) -> Array:
    one, other = arguments
    if one.dtype.kind in "iu":
        return np.asarray(np.trunc(one / other).astype(one.dtype))
    return np.asarray(one / other)


def _sigmoid(_node: Node, arguments: Sequence[Any]) -> Array:
    return np.asarray(1.0 / (1.0 + np.exp(-arguments[0])))


def _transpose(node: Node, arguments: Sequence[Any]) -> Array:
    return np.asarray(np.transpose(arguments[0], node.attributes.get("perm")))


def _concat(node: Node, arguments: Sequence[Any]) -> Array:
    return np.concatenate(arguments, node.attributes.get("axis", 0))


def _gather(node: Node, arguments: Sequence[Any]) -> Array:
    x, indices = arguments
    return np.asarray(np.take(x, indices, axis=node.attributes.get("axis", 0)))


def _shape(_node: Node, arguments: Sequence[Any]) -> Array:
    return np.asarray(arguments[0].shape, np.int64)


def _total(_node: Node, arguments: Sequence[Any]) -> Array:
    return np.asarray(sum(arguments))


def _same(_node: Node, arguments: Sequence[Any]) -> Array:
    return np.asarray(arguments[0])


OPERATIONS: Mapping[str, _Operation] = {
    "Add": lambda _, a: a[0] + a[1],
    "Cast": _cast,
    "Concat": _concat,
    "Constant": _constant,
    "ConstantOfShape": _filled,
    "Conv": _conv,
    "DequantizeLinear": _dequantize,
    "Div": _divided,
    "Dropout": _same,
    "Gather": _gather,
    "HardSigmoid": _sigmoid,  # what it stands for: chips without a sigmoid are given this instead
    "Identity": _same,
    "Mul": lambda _, a: a[0] * a[1],
    "Neg": lambda _, a: -a[0],
    "Pad": _pad,
    "QuantizeLinear": _quantize,
    "Relu": lambda _, a: np.maximum(a[0], 0.0),
    "Reshape": _reshape,
    "Shape": _shape,
    "Sigmoid": _sigmoid,
    "Slice": _slice,
    "Split": _split,
    "Squeeze": _squeeze,
    "Sub": lambda _, a: a[0] - a[1],
    "Sum": _total,
    "Tanh": lambda _, a: np.tanh(a[0]),
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
}
