"""The two forms of a file that torch.save writes, as stand-ins and a way to their numbers.

Since 1.6 it is a zip archive with ``data.pkl`` and one entry for each storage; before, or when
asked for, one pickle after another in one file, then the storages.
"""

import io
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whisperwave.exchange.foreign import archive, pickles
from whisperwave.exchange.foreign.faults import damaged, unsupported
from whisperwave.exchange.foreign.stand_ins import StorageType, TensorView

LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
_LEGACY_PROTOCOL = 1001
_LENGTH = struct.Struct("<q")
_MOST_RANK = 8


@dataclass(frozen=True)
class TorchFile:
    """The object that was saved, and the bytes of its storages by their keys."""

    saved: Any
    storages: Mapping[str, bytes]

    def numbers(self, tensor: TensorView) -> NDArray[np.float32]:
        """A tensor's numbers.

        Raises:
            ModelFileError: ``IMPORT_DAMAGED``, it lies outside its storage, or shows some numbers
                more than once.
        """
        kept = tensor.storage
        stored = self.storages.get(kept.key)
        if stored is None:
            raise damaged("a tensor's storage is not in the file")
        begin, end = (at * kept.kind.width for at in (kept.start, kept.start + kept.length))
        if end > len(stored):
            raise damaged(f"a storage should have {end} bytes and has {len(stored)}")
        return _taken(_decoded(stored[begin:end], kept.kind), tensor)


def read(content: bytes) -> TorchFile:
    """Read either form.

    Raises:
        ModelFileError: the code says what is wrong.
    """
    return _zipped(content) if content.startswith(archive.MAGIC) else _legacy(content)


def _zipped(content: bytes) -> TorchFile:
    entries = archive.entries(content)
    if "constants.pkl" in entries or any(name.startswith("code/") for name in entries):
        raise unsupported(
            "the file is TorchScript, which is a program", "Save a state dict with torch.save."
        )
    if "data.pkl" not in entries:
        raise unsupported(
            "the zip archive has no data.pkl, so torch.save did not write it",
            "If it holds a model file, unpack it first.",
        )
    if entries.get("byteorder", b"little") != b"little":
        raise unsupported("its numbers are big-endian", "Save it on an ordinary computer.")
    saved = pickles.read_bytes(entries["data.pkl"], pickles.storage)
    storages = {
        name.removeprefix("data/"): stored
        for name, stored in entries.items()
        if name.startswith("data/")
    }
    return TorchFile(saved, storages)


def _legacy(content: bytes) -> TorchFile:
    file = io.BytesIO(content)
    known: dict[str, StorageType] = {}

    def kept_outside(pid: Any) -> Any:
        match pid:
            case ("module", found, *_):
                return found  # and not its source, which stands behind it
        found = pickles.storage(pid)
        known[found.key] = found.kind
        return found

    if pickles.read(file, kept_outside) != LEGACY_MAGIC:
        raise unsupported("it is a pickle that torch.save did not write", _SAVE_WITH_TORCH)
    if pickles.read(file, kept_outside) != _LEGACY_PROTOCOL:
        raise unsupported("torch.save wrote it in a form that nobody knows", _SAVE_WITH_TORCH)
    system = pickles.read(file, kept_outside)
    if not isinstance(system, dict) or system.get("little_endian") is not True:
        raise unsupported("its numbers are big-endian", "Save it on an ordinary computer.")
    saved = pickles.read(file, kept_outside)
    keys = pickles.read(file, kept_outside)
    if not isinstance(keys, list) or not set(known) <= set(keys):
        raise damaged("the list of storages is not complete")
    return TorchFile(saved, {key: _next_storage(file, known.get(key)) for key in keys})


_SAVE_WITH_TORCH = "Save a state dict with torch.save(model.state_dict(), file)."


def _next_storage(file: io.BytesIO, kind: StorageType | None) -> bytes:
    head = file.read(_LENGTH.size)
    if len(head) < _LENGTH.size or kind is None:
        raise damaged("the file ends before its storages")
    (length,) = _LENGTH.unpack(head)
    left = len(file.getbuffer()) - file.tell()
    if not 0 <= length * kind.width <= left:
        raise damaged(f"a storage of {length} numbers is announced where {left} bytes are left")
    return file.read(length * kind.width)


def _decoded(stored: bytes, kind: StorageType) -> NDArray[Any]:
    if kind.dtype is not None:
        return np.frombuffer(stored, kind.dtype)
    # bfloat16 is the upper half of a float32.
    return (np.frombuffer(stored, "<u2").astype(np.uint32) << 16).view(np.float32)


def _taken(numbers: NDArray[Any], tensor: TensorView) -> NDArray[np.float32]:
    count = int(np.prod(tensor.shape, dtype=object))
    steps = zip(tensor.shape, tensor.strides, strict=True)
    last = tensor.offset + sum((size - 1) * stride for size, stride in steps)
    if len(tensor.shape) > _MOST_RANK or count == 0 or max(count, last + 1) > len(numbers):
        raise damaged(f"a tensor of shape {list(tensor.shape)} does not fit into its storage")
    view = np.lib.stride_tricks.as_strided(
        numbers[tensor.offset :],
        tensor.shape,
        [stride * numbers.itemsize for stride in tensor.strides],
        writeable=False,
    )
    return np.ascontiguousarray(view, dtype=np.float32)
