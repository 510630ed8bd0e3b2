"""Networks of tensorflow-wavenet's variables, what they mean, and both forms of their files."""

import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

Variables = dict[str, np.ndarray]

DILATIONS = (1, 2, 4, 1, 2)
CLASSES = 32
_BLOCK_BYTES = 300  # small, so that an index has many blocks
_RESTART_EVERY = 4


def variables(
    *, biases: bool = True, named: bool = False, told: int = 0, scalar: int = 0, seed: int = 0
) -> Variables:
    """Random variables by the project's names; ``scalar`` is the width of its first filter."""
    rng = np.random.default_rng(seed)
    sizes: dict[str, tuple[int, ...]] = {
        "causal_layer/filter": (scalar, 1, 5) if scalar else (2, CLASSES, 5),
        "postprocessing/postprocess1": (1, 7, 7),
        "postprocessing/postprocess2": (1, 7, CLASSES),
    }
    if biases:
        names = ("postprocess1_bias", "postprocess2_bias") if named else ("Variable", "Variable_1")
        sizes |= {f"postprocessing/{n}": (s,) for n, s in zip(names, (7, CLASSES), strict=True)}
    if told:
        sizes["embeddings/gc_embedding"] = (told, 3)
    for layer in range(len(DILATIONS)):
        own = {"filter": (2, 5, 6), "gate": (2, 5, 6), "dense": (1, 6, 5), "skip": (1, 6, 7)}
        if told:
            own |= {"gc_filter": (1, 3, 6), "gc_gate": (1, 3, 6)}
        if biases:
            ours = ("filter_bias", "gate_bias", "dense_bias", "slip_bias")
            names = ours if named else ("Variable", "Variable_1", "Variable_2", "Variable_3")
            own |= {name: (size,) for name, size in zip(names, (6, 6, 5, 7), strict=True)}
        sizes |= {f"dilated_stack/layer{layer}/{name}": shape for name, shape in own.items()}
    drawn = {name: rng.normal(0, 0.7, shape).astype("f4") for name, shape in sizes.items()}
    return {f"wavenet/{name}": array for name, array in drawn.items()}


def told_by(held: Mapping[str, np.ndarray], heard: np.ndarray, told: int | None = None) -> Any:
    """The logits ``[T', A]`` of what is heard ``[T, C]``, as the project's graph computes them."""
    held = {name.removeprefix("wavenet/"): array.astype("f8") for name, array in held.items()}
    x, skips = _causal(heard, held["causal_layer/filter"], 1), []
    for layer, dilation in enumerate(DILATIONS):
        own = {
            name.rpartition("/")[2]: array
            for name, array in held.items()
            if name.startswith(f"dilated_stack/layer{layer}/")
        }
        biases = [
            own.get(name, own.get(other, 0.0))
            for name, other in (
                ("filter_bias", "Variable"), ("gate_bias", "Variable_1"),
                ("dense_bias", "Variable_2"), ("slip_bias", "Variable_3"),
            )
        ]  # fmt: skip
        filters, gates = (_causal(x, own[name], dilation) for name in ("filter", "gate"))
        if told is not None:
            embedded = held["embeddings/gc_embedding"][told]
            filters, gates = (
                filters + embedded @ own["gc_filter"][0],
                gates + embedded @ own["gc_gate"][0],
            )
        out = np.tanh(filters + biases[0]) / (1 + np.exp(-gates - biases[1]))
        skips.append(out @ own["skip"][0] + biases[3])
        x = x[len(x) - len(out) :] + out @ own["dense"][0] + biases[2]
    total = sum(skip[len(skip) - len(skips[-1]) :] for skip in skips)
    bias1, bias2 = (
        held.get(f"postprocessing/{name}", held.get(f"postprocessing/{other}", 0.0))
        for name, other in (("postprocess1_bias", "Variable"), ("postprocess2_bias", "Variable_1"))
    )
    hidden = np.maximum(np.maximum(total, 0) @ held["postprocessing/postprocess1"][0] + bias1, 0)
    return hidden @ held["postprocessing/postprocess2"][0] + bias2


def _causal(x: np.ndarray, kernel: np.ndarray, dilation: int) -> np.ndarray:
    length = len(x) - (len(kernel) - 1) * dilation
    return sum(x[tap * dilation :][:length] @ weights for tap, weights in enumerate(kernel))


def write_bundle(
    folder: Path, held: Variables, name: str = "model.ckpt-7", shards: int = 1
) -> Path:
    """The newer form: an index and shards; variables are dealt out to the shards in turn."""
    contents: list[bytes] = [b""] * shards
    rows: list[tuple[bytes, bytes]] = [(b"", _field(1, shards) + _field(3, _field(1, 1)))]
    for number, (key, array) in enumerate(sorted(held.items())):
        shard, stored = number % shards, np.ascontiguousarray(array).tobytes()
        rows.append((key.encode(), _entry(array, shard, len(contents[shard]), stored)))
        contents[shard] += stored
    index = folder / f"{name}.index"
    index.write_bytes(table(rows))
    for shard, content in enumerate(contents):
        (folder / f"{name}.data-{shard:05}-of-{shards:05}").write_bytes(content)
    return index


def write_slices(path: Path, held: Variables) -> Path:
    """The older form: one table of everything."""
    listed, rows = b"", []
    for key, array in sorted(held.items()):
        whole = _field(4, b"".join(_field(1, b"") for _ in array.shape))
        listed += _field(
            1, _field(1, key.encode()) + _field(2, _shape(array)) + _field(3, 1) + whole
        )
        data = _field(5, np.ascontiguousarray(array).tobytes())
        saved = _field(1, key.encode()) + _field(2, b"") + _field(3, data)
        rows.append((b"\0" + key.encode() + b"\0\1", _field(2, saved)))
    path.write_bytes(table([(b"", _field(1, listed)), *rows]))
    return path


def table(rows: list[tuple[bytes, bytes]], packed: int = 0) -> bytes:
    """A sorted table: blocks of keys without what they share, an index of blocks, a footer."""
    out, handles = b"", []
    for last, block in _blocks(rows):
        handles.append((last, _varint(len(out)) + _varint(len(block))))
        out += _sealed(block, packed)
    index = _block(handles)
    handle = _varint(len(out)) + _varint(len(index))
    out += _sealed(index, 0)
    footer = _varint(0) + _varint(0) + handle
    return out + footer.ljust(40, b"\0") + struct.pack("<Q", 0xDB4775248B80FB57)


def _blocks(rows: list[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
    waiting: list[tuple[bytes, bytes]] = []
    for row in rows:
        waiting.append(row)
        if sum(len(key) + len(value) for key, value in waiting) > _BLOCK_BYTES:
            yield row[0], _block(waiting)
            waiting = []
    if waiting:
        yield waiting[-1][0], _block(waiting)


def _block(rows: list[tuple[bytes, bytes]]) -> bytes:
    out, restarts, before = b"", [], b""
    for number, (key, value) in enumerate(rows):
        shared = 0
        if number % _RESTART_EVERY == 0:
            restarts.append(len(out))
        else:
            while shared < min(len(key), len(before)) and key[shared] == before[shared]:
                shared += 1
        out += _varint(shared) + _varint(len(key) - shared) + _varint(len(value))
        out += key[shared:] + value
        before = key
    return out + struct.pack(f"<{len(restarts) + 1}I", *restarts, len(restarts))


def _sealed(block: bytes, packed: int) -> bytes:
    marked = block + bytes([packed])
    return marked + struct.pack("<I", masked(marked))


def masked(content: bytes) -> int:
    """The checksum as these files keep it."""
    value = 0xFFFFFFFF
    for byte in content:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ 0x82F63B78 * (value & 1)
    value ^= 0xFFFFFFFF
    return ((value >> 15 | value << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _entry(array: np.ndarray, shard: int, offset: int, stored: bytes) -> bytes:
    numbers = _field(1, 1) + _field(2, _shape(array)) + _field(3, shard) + _field(4, offset)
    return (
        numbers + _field(5, len(stored)) + _varint(6 << 3 | 5) + struct.pack("<I", masked(stored))
    )


def _shape(array: np.ndarray) -> bytes:
    return b"".join(_field(2, _field(1, size)) for size in array.shape)


def _field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value) if value else b""
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(number: int) -> bytes:
    out = b""
    while number >= 0x80:
        out, number = out + bytes([number & 0x7F | 0x80]), number >> 7
    return out + bytes([number])
