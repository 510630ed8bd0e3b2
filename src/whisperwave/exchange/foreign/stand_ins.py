"""What a PyTorch pickle may name, and what stands in for it here: data that does nothing.

No class or function of the file, of torch, or of Python's library is ever looked up. A name is
answered with one of the stand-ins below, or it is written down as unknown and answered with
`Unknown`, so that one reading finds all the unknown names.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Self

import numpy as np

from whisperwave.exchange.foreign.faults import damaged


@dataclass(frozen=True)
class StorageType:
    """The kind of a storage's numbers; ``width`` in bytes, ``dtype`` None for bfloat16."""

    dtype: np.dtype[Any] | None
    width: int


@dataclass(frozen=True)
class Storage:
    """A run of numbers somewhere in the file; ``start`` and ``length`` in numbers."""

    kind: StorageType
    key: str
    start: int
    length: int


@dataclass(frozen=True)
class TensorView:
    """A tensor as a pickle describes it; its numbers are not read yet."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class Record:
    """An object of a known class, as nothing but the state it was saved with."""

    state: Mapping[str, Any] = MappingProxyType({})

    def __new__(cls, *_arguments: Any) -> Self:
        """Whatever it was made from is not looked at."""
        return super().__new__(cls)

    def __setstate__(self, state: Any) -> None:
        self.state = state if isinstance(state, dict) else {}


class Network(Record):
    """A whole network, and each module in it: parameters, sizes, and further modules."""


class Unknown:
    """What nobody knows: takes part in anything and does nothing, until the reading is over."""

    def __new__(cls, *_arguments: Any, **_named: Any) -> Self:
        """Whatever it was made from is not looked at."""
        return super().__new__(cls)

    def __setstate__(self, state: Any) -> None: ...
    def __call__(self, *_arguments: Any) -> Self:
        """Itself again."""
        return self

    def append(self, item: Any) -> None:
        """Not kept."""

    def extend(self, items: Any) -> None:
        """Not kept."""

    def __setitem__(self, key: Any, value: Any) -> None: ...


def _tensor(storage: Any, offset: Any, shape: Any, strides: Any, *_further: Any) -> TensorView:
    """What PyTorch's rebuilding functions are told of a tensor."""
    whole = (offset, *shape, *strides)
    if not isinstance(storage, Storage) or len(shape) != len(strides):
        raise damaged("a tensor lies in no storage")
    if any(type(number) is not int or number < 0 for number in whole):
        raise damaged(f"a tensor has the shape {shape!r:.80} and the strides {strides!r:.80}")
    return TensorView(storage, offset, tuple(shape), tuple(strides))


def _wrapped(tensor: Any, *_further: Any) -> Any:
    """A parameter or variable around a tensor is the tensor."""
    return tensor


class Variable(Record):
    """A tensor as torch before 0.4 wrapped it: made from it, then told the rest."""

    def __init__(self, tensor: Any = None, *_further: Any) -> None:
        self.tensor = tensor


def _nothing(*_arguments: Any) -> None:
    """A thing that no network needs."""


_STORED = {
    name: StorageType(np.dtype(code), np.dtype(code).itemsize)
    for name, code in (
        ("Double", "<f8"), ("Float", "<f4"), ("Half", "<f2"), ("Long", "<i8"), ("Int", "<i4"),
        ("Short", "<i2"), ("Char", "i1"), ("Byte", "u1"), ("Bool", "?"),
    )
} | {"BFloat16": StorageType(None, 2)}  # fmt: skip
_OWN = {"WaveNetModel": Network, "DilatedQueue": Record}
_KNOWN: Mapping[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("builtins", "set"): set,
    ("torch", "Size"): tuple,
    ("torch", "device"): _nothing,
    ("torch.serialization", "_get_layout"): _nothing,
    ("torch.nn.backends.thnn", "_get_thnn_function_backend"): _nothing,
    ("torch._utils", "_rebuild_tensor"): _tensor,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_parameter"): _wrapped,
    ("torch._utils", "_rebuild_parameter_with_state"): _wrapped,
    ("torch.nn.parameter", "Parameter"): Variable,
    ("torch.autograd.variable", "Variable"): Variable,
    ("torch.nn.modules.conv", "Conv1d"): Network,
    ("torch.nn.modules.container", "ModuleList"): Network,
    ("torch.nn.parallel.data_parallel", "DataParallel"): Network,
    **{
        (module, f"{name}{kind}"): stored
        for name, stored in _STORED.items()
        for module in ("torch", "torch.cuda", "torch.storage")
        for kind in ("Storage", "Tensor")
    },
    **{("torch", name): name for name in ("float16", "float32", "float64", "bfloat16")},
}
_RENAMED = {"__builtin__": "builtins"}  # as Python 2 and pickle's older protocols say


def stand_in(module: str, name: str) -> Any | None:
    """What stands for a name; None for one that nobody knows.

    A class of the project itself is known by its own name, wherever its file had been moved to.
    """
    known = _KNOWN.get((_RENAMED.get(module, module), name))
    return known if known is not None else _OWN.get(name)
