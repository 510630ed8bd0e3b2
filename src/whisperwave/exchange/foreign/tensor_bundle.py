"""Checkpoints of TensorFlow 1, read without it: the variables by their names.

Since 0.12 an ``.index`` says of each variable which bytes of which ``.data`` shard are its own,
with a checksum; before, one file held everything. The field numbers are those of TensorFlow's
public descriptions, tensor_bundle.proto and saved_tensor_slice.proto.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from whisperwave.exchange.foreign import protobuf, sorted_table
from whisperwave.exchange.foreign.faults import damaged, unsupported
from whisperwave.exchange.foreign.layers import Array
from whisperwave.library.display import shown

INDEX = ".index"
SHARD = re.compile(r"(?P<prefix>.+)\.data-(?P<number>\d{5})-of-\d{5}", re.DOTALL)
_FLOAT, _DOUBLE = 1, 2
_DTYPES: Mapping[int, np.dtype[Any]] = {_FLOAT: np.dtype("<f4"), _DOUBLE: np.dtype("<f8")}
_MOST_RANK = 8
_Wanted = Callable[[str], bool]


def read(files: Mapping[str, bytes], wanted: _Wanted) -> dict[str, Array]:
    """The variables whose names are wanted.

    Args:
        files: an index with its shards; or one older file.
        wanted: asked for each name, so that what only training needs is not read.

    Raises:
        ModelFileError: the code says what is wrong.
    """
    index = next((name for name in files if name.endswith(INDEX)), None)
    if index is None:
        tables = [content for content in files.values() if sorted_table.is_table(content)]
        if len(tables) != 1:
            raise damaged("it does not end as a checkpoint of TensorFlow's does")
        return dict(_slices(tables[0], wanted))
    shards = {
        int(found["number"]): memoryview(content)
        for name, content in files.items()
        if (found := SHARD.fullmatch(name))
    }
    return dict(_bundled(files[index], shards, wanted))


def _bundled(
    index: bytes, shards: Mapping[int, memoryview], wanted: _Wanted
) -> Iterator[tuple[str, Array]]:
    for key, value in sorted_table.entries(index):
        entry = protobuf.parse(value)
        name = key.decode("utf-8", "backslashreplace")
        if not name:
            _check_header(entry)
        elif wanted(name):
            yield name, _own_bytes(name, entry, shards)


def _check_header(header: protobuf.Fields) -> None:
    if protobuf.number_of(header, 2):
        raise unsupported("its numbers are big-endian", "Save it on an ordinary computer.")


def _own_bytes(name: str, entry: protobuf.Fields, shards: Mapping[int, memoryview]) -> Array:
    shard, start, length = (protobuf.number_of(entry, number) for number in (3, 4, 5))
    shape = _shape(entry, 2)
    kind = _DTYPES.get(protobuf.number_of(entry, 1))
    if kind is None or 7 in entry:
        raise _strange(name)
    content = shards.get(shard)
    if content is None or not 0 <= start <= start + length <= len(content):
        raise damaged(f"the numbers of {shown(name[:80])} are in no shard that is here")
    if length != math.prod(shape) * kind.itemsize:
        raise damaged(f"{shown(name[:80])} of shape {list(shape)} has {length} bytes")
    checksum = list(protobuf.messages(entry, 6))
    if len(checksum) != 1:
        raise damaged(f"{shown(name[:80])} has no checksum")
    masked = int.from_bytes(checksum[0], "little")
    own = sorted_table.checked(content[start : start + length], masked, shown(name[:80]))
    return np.frombuffer(own, kind).reshape(shape)


def _slices(content: bytes, wanted: _Wanted) -> Iterator[tuple[str, Array]]:
    """The older form: a table of contents under the empty key, then each variable's numbers."""
    listed: dict[str, protobuf.Fields] = {}
    for key, value in sorted_table.entries(content):
        record = protobuf.parse(value)
        if not key:
            for contents in protobuf.messages(record, 1):
                listed |= _listed(protobuf.parse(contents))
        for each in protobuf.messages(record, 2):
            saved = protobuf.parse(each)
            name = protobuf.text_of(saved, 1)
            if wanted(name):
                yield name, _saved(name, saved, listed.get(name))


def _listed(contents: protobuf.Fields) -> dict[str, protobuf.Fields]:
    entries = [protobuf.parse(each) for each in protobuf.messages(contents, 1)]
    return {protobuf.text_of(entry, 1): entry for entry in entries}


def _saved(name: str, saved: protobuf.Fields, listed: protobuf.Fields | None) -> Array:
    if listed is None or len(listed.get(4, ())) != 1:
        raise _strange(name)
    kind, shape = protobuf.number_of(listed, 3), _shape(listed, 2)
    if kind not in _DTYPES:
        raise _strange(name)
    field = {_FLOAT: 5, _DOUBLE: 6}[kind]
    runs = [
        bytes(run)
        for data in protobuf.messages(saved, 3)
        for run in protobuf.messages(protobuf.parse(data), field)
    ]
    numbers = b"".join(runs)
    if len(numbers) != math.prod(shape) * _DTYPES[kind].itemsize:
        raise damaged(f"{shown(name[:80])} of shape {list(shape)} has {len(numbers)} bytes")
    return np.frombuffer(numbers, _DTYPES[kind]).reshape(shape)


def _shape(entry: protobuf.Fields, field: int) -> tuple[int, ...]:
    sizes = [
        protobuf.number_of(protobuf.parse(size), 1)
        for shape in protobuf.messages(entry, field)
        for size in protobuf.messages(protobuf.parse(shape), 2)
    ]
    if len(sizes) > _MOST_RANK or min(sizes, default=0) < 0:
        raise damaged(f"a variable has the shape {sizes[:8]}")
    return tuple(sizes)


def _strange(name: str) -> Exception:
    return unsupported(
        f"the variable {shown(name[:80])} is in parts, or not of 32 or 64 bits",
        "Save the checkpoint again, in one piece and in float32.",
    )
