"""An ONNX file as plain data: its nodes, its constants, its input and output.

The field numbers are those of the format's public description, onnx.proto. A tensor whose numbers
lie in another file is refused wherever it stands: no path of a stranger's is ever opened.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whisperwave.errors import ModelFileError
from whisperwave.exchange.foreign import protobuf
from whisperwave.exchange.foreign.faults import damaged, unsupported
from whisperwave.library.display import shown

Array = NDArray[Any]

_MOST_NODES = 100_000
_MOST_RANK = 8
_BFLOAT16 = 16
_DTYPES: Mapping[int, np.dtype[Any]] = {
    number: np.dtype(code)
    for number, code in {
        1: "<f4", 2: "u1", 3: "i1", 4: "<u2", 5: "<i2", 6: "<i4", 7: "<i8", 9: "?", 10: "<f2",
        11: "<f8", 12: "<u4", 13: "<u8", _BFLOAT16: "<u2",
    }.items()
}  # fmt: skip
# Where numbers stand that are not in raw bytes: the field, and the type they are written in.
_TYPED = {1: (4, "<f4"), 7: (7, "<i8"), 11: (10, "<f8"), 12: (11, "<u8"), 13: (11, "<u8")}
_AS_INT32 = (5, "<i4")
_EXTERNAL = 1


@dataclass(frozen=True, eq=False)
class Node:
    """One operation: names in, names out, and what it is told."""

    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class OnnxFile:
    """A graph. ``input_shape`` has 0 where a size is left open."""

    nodes: tuple[Node, ...]
    constants: Mapping[str, Array]
    input: str
    input_shape: tuple[int, ...]
    output: str


def read(content: bytes) -> OnnxFile:
    """Read the graph of a model.

    Raises:
        ModelFileError: ``IMPORT_DAMAGED``, ``IMPORT_EXTERNAL``, ``IMPORT_UNSUPPORTED``.
    """
    model = protobuf.parse(memoryview(content))
    graphs = list(protobuf.messages(model, 7))
    if len(graphs) != 1:
        raise damaged(f"it has {len(graphs)} graphs, so it is no ONNX model")
    graph = protobuf.parse(graphs[0])
    if 15 in graph:
        raise unsupported("the graph has sparse tensors", "Export it with dense ones.")
    nodes = [_node(each) for each in protobuf.messages(graph, 1)]
    if not 0 < len(nodes) <= _MOST_NODES:
        raise damaged(f"the graph has {len(nodes)} nodes")
    constants = dict(_tensor(each) for each in protobuf.messages(graph, 5))
    inputs = [_value(each) for each in protobuf.messages(graph, 11)]
    heard = [(name, shape) for name, shape in inputs if name not in constants]
    outputs = [_value(each)[0] for each in protobuf.messages(graph, 12)]
    if len(heard) != 1 or len(outputs) != 1:
        raise unsupported(
            f"the graph has {len(heard)} inputs and {len(outputs)} outputs",
            "Export the whole network, from a window of samples to its logits, without state.",
        )
    return OnnxFile(tuple(nodes), constants, *heard[0], outputs[0])


def _node(message: memoryview) -> Node:
    fields = protobuf.parse(message)
    kind, domain = protobuf.text_of(fields, 4), protobuf.text_of(fields, 7)
    attributes = dict(_attribute(each, kind) for each in protobuf.messages(fields, 5))
    return Node(
        kind if domain in ("", "ai.onnx") else f"{domain}.{kind}",
        tuple(_text(each) for each in protobuf.messages(fields, 1)),
        tuple(_text(each) for each in protobuf.messages(fields, 2)),
        attributes,
    )


def _attribute(message: memoryview, kind: str) -> tuple[str, Any]:
    fields = protobuf.parse(message)
    name = protobuf.text_of(fields, 1)
    if fields.keys() & {6, 11}:
        raise unsupported(f"the graph has a graph inside it ({shown(kind[:40])})", _NO_BRANCHES)
    tensors = [_tensor(each)[1] for each in protobuf.messages(fields, 5)]
    if tensors:
        return name, tensors[-1]
    if 8 in fields:
        return name, protobuf.numbers(fields, 8)
    if 3 in fields:
        return name, protobuf.number_of(fields, 3)
    if 2 in fields:
        return name, protobuf.float_of(fields, 2, 0.0)
    return name, protobuf.text_of(fields, 4)


_NO_BRANCHES = "Export the network without branches and loops."


def _tensor(message: memoryview) -> tuple[str, Array]:
    fields = protobuf.parse(message)
    name = protobuf.text_of(fields, 8)
    _refuse_external(fields, name)
    kind, shape = protobuf.number_of(fields, 2), tuple(protobuf.numbers(fields, 1))
    if kind not in _DTYPES:
        raise unsupported(f"the tensor {shown(name[:80])} is of the type {kind}", _NO_SUCH_TYPE)
    if len(shape) > _MOST_RANK or min(shape, default=0) < 0:
        raise damaged(f"the tensor {shown(name[:80])} has the shape {list(shape[:8])}")
    found = _numbers(fields, kind)
    if len(found) != math.prod(shape):
        raise damaged(
            f"the tensor {shown(name[:80])} of shape {list(shape)} has {len(found)} numbers"
        )
    return name, found.reshape(shape)


_NO_SUCH_TYPE = "Export it in float32, or quantised to 8 bits."


def _refuse_external(fields: protobuf.Fields, name: str) -> None:
    places = {}
    for each in protobuf.messages(fields, 13):
        entry = protobuf.parse(each)
        places[protobuf.text_of(entry, 1)] = protobuf.text_of(entry, 2)
    if places or protobuf.number_of(fields, 14) == _EXTERNAL:
        place = shown(places.get("location", "")[:200])
        raise ModelFileError(
            "IMPORT_EXTERNAL",
            f"the numbers of the tensor {shown(name[:80])} are said to lie in another file, "
            f"'{place}', which is not opened.",
            "Save the model in one file, without external data.",
        )


def _numbers(fields: protobuf.Fields, kind: int) -> Array:
    raw = list(protobuf.messages(fields, 9))
    dtype = _DTYPES[kind]
    if raw:
        if len(raw[-1]) % dtype.itemsize:
            raise damaged(f"{len(raw[-1])} bytes are no whole numbers of {dtype}")
        found = np.frombuffer(raw[-1], dtype)
    else:
        found = _typed(fields, kind, dtype)
    if kind == _BFLOAT16:  # the upper half of a float32
        return (found.astype(np.uint32) << 16).view(np.float32)
    return found


def _typed(fields: protobuf.Fields, kind: int, dtype: np.dtype[Any]) -> Array:
    number, written = _TYPED.get(kind, _AS_INT32)
    if kind in (1, 11):
        packed = b"".join(bytes(each) for each in protobuf.messages(fields, number))
        if len(packed) % np.dtype(written).itemsize:
            raise damaged(f"{len(packed)} bytes are no whole numbers of {dtype}")
        return np.frombuffer(packed, written)
    whole = np.array(protobuf.numbers(fields, number), dtype=object)
    if kind in (10, _BFLOAT16):  # the bits of a number, as a whole number
        return (whole & 0xFFFF).astype(np.uint16).view(dtype)
    return whole.astype(dtype)


def _value(message: memoryview) -> tuple[str, tuple[int, ...]]:
    """The name and the shape of an input or output."""
    fields = protobuf.parse(message)
    shape: list[int] = []
    for kind in protobuf.messages(fields, 2):
        for tensor in protobuf.messages(protobuf.parse(kind), 1):
            for sizes in protobuf.messages(protobuf.parse(tensor), 2):
                sized = protobuf.messages(protobuf.parse(sizes), 1)
                shape = [max(0, protobuf.number_of(protobuf.parse(size), 1)) for size in sized]
    return protobuf.text_of(fields, 1), tuple(shape)


def _text(message: memoryview) -> str:
    return protobuf.text_of({1: [message]}, 1)
