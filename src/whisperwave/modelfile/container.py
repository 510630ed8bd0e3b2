"""The safetensors container: one length, one JSON header, then the tensors without a gap.

Our own reader and writer, because the official one checks no digest, no finite values and no
number of tensors, and because the same model must always be the same bytes.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whisperwave.errors import ModelFileError
from whisperwave.modelfile import canonical, limits, magic
from whisperwave.modelfile.model import Array

Bytes = NDArray[np.uint8]

KEY = "whisperwave"
ALIGNMENT = 64
DTYPES: Mapping[str, np.dtype[Any]] = {
    "F32": np.dtype("<f4"),
    "I64": np.dtype("<i8"),
    "I32": np.dtype("<i4"),
    "I16": np.dtype("<i2"),
    "U8": np.dtype("u1"),
}
_NAMES = {dtype: name for name, dtype in DTYPES.items()}
_GET_AGAIN = "The file is damaged; get it again."


@dataclass(frozen=True)
class Extent:
    """Where one tensor lies, in bytes after the header, and what it is."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    begin: int
    end: int


@dataclass(frozen=True)
class Header:
    """The parsed header: our metadata as text, each tensor's raw entry, and where data starts."""

    metadata: str
    entries: Mapping[str, Any]
    data_start: int


def pack(tensors: Mapping[str, Array], metadata: str) -> bytes:
    """Lay out a file: wider elements first, then by name, so that every tensor is aligned.

    The format allows no holes, so the header is padded with spaces until the data starts on a
    multiple of 64 bytes, and descending element sizes keep each tensor aligned to its own.

    Raises:
        ModelFileError: ``MODEL_DTYPE``, a tensor's type has no place in a model file.
    """
    order = sorted(tensors, key=lambda name: (-tensors[name].dtype.itemsize, name))
    entries: dict[str, Any] = {"__metadata__": {KEY: metadata}}
    position = 0
    for name in order:
        end = position + tensors[name].nbytes
        entries[name] = {
            "dtype": _dtype_name(name, tensors[name]),
            "shape": list(tensors[name].shape),
            "data_offsets": [position, end],
        }
        position = end
    header = canonical.dumps(entries).encode("ascii")
    header += b" " * (-(8 + len(header)) % ALIGNMENT)
    data = (tensors[name].tobytes() for name in order)
    return b"".join([len(header).to_bytes(8, "little"), header, *data])


def parse_header(data: Bytes) -> Header:
    """Read the header of a whole file held in memory, within the caps of `limits`.

    Raises:
        ModelFileError: the file is too short, of another kind, or its header is malformed.
    """
    length = _header_length(data)
    text = _ascii(data[8 : 8 + length].tobytes())
    entries = canonical.loads(text, "the header")
    metadata = entries.pop("__metadata__", None)
    if not isinstance(metadata, dict) or not isinstance(metadata.get(KEY), str):
        raise ModelFileError(
            "MODEL_NO_METADATA",
            f"the file is safetensors, but holds no {KEY!r} metadata.",
            "Import it first; only WhisperWave's own model files can be played.",
        )
    if len(metadata) != 1:
        raise ModelFileError(
            "MODEL_SCHEMA", f"metadata holds {sorted(metadata)}, expected [{KEY!r}].", _GET_AGAIN
        )
    if len(entries) > limits.TENSORS:
        raise ModelFileError(
            "MODEL_TOO_MANY_TENSORS",
            f"the file holds {len(entries)} tensors, the limit is {limits.TENSORS}.",
            "The file is damaged or hostile; do not use it.",
        )
    return Header(metadata[KEY], entries, 8 + length)


def locate(header: Header, file_bytes: int) -> dict[str, Extent]:
    """Check every entry's arithmetic; the tensors must cover the data exactly, in any order.

    Raises:
        ModelFileError: a bad entry, an overlap, a hole, or a file too short or too long.
    """
    extents = {name: _extent(name, entry) for name, entry in header.entries.items()}
    position = 0
    for name, extent in sorted(extents.items(), key=lambda item: (item[1].begin, item[1].end)):
        if extent.begin != position:
            kind = "OVERLAP" if extent.begin < position else "HOLE"
            raise ModelFileError(
                f"MODEL_TENSOR_{kind}",
                f"tensor {name!r} begins at {extent.begin}, expected {position}.",
                "The file is damaged or hostile; do not use it.",
            )
        if (header.data_start + extent.begin) % extent.dtype.itemsize:
            raise ModelFileError(
                "MODEL_TENSOR_MISALIGNED",
                f"tensor {name!r} begins at byte {header.data_start + extent.begin}, "
                f"expected a multiple of {extent.dtype.itemsize}.",
                "Write the model again, tensors of wider elements first.",
            )
        position = extent.end
    _check_length(file_bytes, header.data_start + position)
    return extents


def view(data: Bytes, data_start: int, extent: Extent) -> Array:
    """One tensor as a view on the file's own bytes, never a copy."""
    raw = data[data_start + extent.begin : data_start + extent.end]
    return raw.view(extent.dtype).reshape(extent.shape)


def _dtype_name(name: str, array: Array) -> str:
    if array.dtype not in _NAMES:
        raise ModelFileError(
            "MODEL_DTYPE",
            f"tensor {name!r} is {array.dtype}, expected one of {_dtype_list()}.",
            "Convert the tensor before writing.",
        )
    return _NAMES[array.dtype]


def _dtype_list() -> str:
    return ", ".join(str(dtype) for dtype in DTYPES.values())


def _header_length(data: Bytes) -> int:
    if data.size < 8:
        raise ModelFileError(
            "MODEL_TRUNCATED", f"the file ends at byte {data.size}, expected 8 or more.", _GET_AGAIN
        )
    length = int.from_bytes(data[:8].tobytes(), "little")
    if length > limits.HEADER_BYTES:
        magic.refuse_foreign(data[:16].tobytes())
        raise ModelFileError(
            "MODEL_HEADER_TOO_LARGE",
            f"the header claims {length} bytes, the limit is {limits.HEADER_BYTES}.",
            "The file is damaged or not a model file; get it again.",
        )
    if length < len("{}"):
        raise ModelFileError(
            "MODEL_HEADER_EMPTY", f"the header claims {length} bytes, expected more.", _GET_AGAIN
        )
    if 8 + length > data.size:
        raise ModelFileError(
            "MODEL_TRUNCATED",
            f"the file ends at byte {data.size}, its header reaches to {8 + length}.",
            _GET_AGAIN,
        )
    return length


def _ascii(header: bytes) -> str:
    body = header.rstrip(b" ")
    if not body.startswith(b"{") or not body.endswith(b"}") or not body.isascii():
        raise ModelFileError(
            "MODEL_BAD_JSON", f"the header is no JSON object: {header[:16]!r} ….", _GET_AGAIN
        )
    if len(header) - len(body) >= ALIGNMENT:
        raise ModelFileError(
            "MODEL_HEADER_PADDING",
            f"the header ends in {len(header) - len(body)} spaces, at most {ALIGNMENT - 1}.",
            "The file is damaged or hostile; do not use it.",
        )
    return body.decode("ascii")


def _extent(name: str, entry: Any) -> Extent:
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise _bad_entry(name, f"is described by {entry!r:.80}, expected dtype, shape and offsets")
    if not isinstance(entry["dtype"], str) or entry["dtype"] not in DTYPES:
        raise ModelFileError(
            "MODEL_DTYPE",
            f"tensor {name!r} is {entry['dtype']!r:.40}, expected one of {', '.join(DTYPES)}.",
            "The file was not made by WhisperWave, or is damaged; get it again.",
        )
    dtype, shape, offsets = DTYPES[entry["dtype"]], entry["shape"], entry["data_offsets"]
    if not _whole_numbers(offsets, 0, limits.FILE_BYTES) or len(offsets) != 2:
        raise _bad_entry(name, f"has offsets {offsets!r:.80}")
    if not _whole_numbers(shape, 1, limits.DIMENSION) or len(shape) > limits.RANK:
        raise _bad_entry(name, f"has shape {shape!r:.80}")
    # Python's integers cannot overflow, so this product is exact however hostile the shape.
    expected = math.prod(shape) * dtype.itemsize
    if offsets[1] - offsets[0] != expected:
        raise _bad_entry(
            name, f"of shape {shape} spans {offsets[1] - offsets[0]} bytes, expected {expected}"
        )
    return Extent(dtype, tuple(shape), offsets[0], offsets[1])


def _bad_entry(name: str, fault: str) -> ModelFileError:
    return ModelFileError(
        "MODEL_TENSOR_ENTRY",
        f"tensor {name!r} {fault}.",
        "The file is damaged or hostile; get it again.",
    )


def _whole_numbers(value: Any, low: int, high: int) -> bool:
    return isinstance(value, list) and all(type(n) is int and low <= n <= high for n in value)


def _check_length(file_bytes: int, expected: int) -> None:
    if file_bytes < expected:
        raise ModelFileError(
            "MODEL_TRUNCATED",
            f"the file ends at byte {file_bytes}, expected {expected}.",
            _GET_AGAIN,
        )
    if file_bytes > expected:
        raise ModelFileError(
            "MODEL_TRAILING_BYTES",
            f"{file_bytes - expected} bytes follow the last tensor, which ends at {expected}.",
            "The file is damaged or hides a second file; do not use it.",
        )
