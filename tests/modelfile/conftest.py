"""A tiny model file, taken apart so that a test can change one thing and put it together again."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from whisperwave import modelfile
from whisperwave.errors import ModelFileError
from whisperwave.modelfile import canonical, reading

GOLDEN = Path(__file__).parents[1] / "golden" / "model-file" / "tiny.safetensors"


class Forgery:
    """A model file in parts: change ``metadata``, ``entries`` or ``data``, then ask for `bytes`."""

    def __init__(self, blob: bytes) -> None:
        length = int.from_bytes(blob[:8], "little")
        self.entries: dict[str, Any] = json.loads(blob[8 : 8 + length])
        self.metadata: dict[str, Any] = json.loads(self.entries.pop("__metadata__")["whisperwave"])
        self.data = bytearray(blob[8 + length :])

    def tensor(self, name: str, dtype: str = "<f4") -> np.ndarray:
        """A tensor's elements, writable in place."""
        begin, end = self.entries[name]["data_offsets"]
        return np.frombuffer(memoryview(self.data)[begin:end], dtype)

    def bytes(self) -> bytes:
        """The file with all its digests right, so that only the change itself can be refused."""
        for name, entry in self.entries.items():
            if name in self.metadata.get("tensors", {}) and isinstance(entry, dict):
                begin, end = entry["data_offsets"][:2]
                stated = hashlib.sha256(self.data[begin:end]).hexdigest()
                self.metadata["tensors"][name] = stated
        return seal(self.metadata, self.entries, bytes(self.data))


def seal(metadata: dict[str, Any], entries: dict[str, Any], data: bytes) -> bytes:
    """Join the parts of a file under a right digest of the whole."""
    text = canonical.dumps(metadata | {"digest": "0" * 64})
    header = canonical.dumps({"__metadata__": {"whisperwave": text}} | entries).encode()
    header += b" " * (-(8 + len(header)) % 64)
    blob = len(header).to_bytes(8, "little") + header + data
    return blob.replace(b"0" * 64, hashlib.sha256(blob).hexdigest().encode(), 1)


@pytest.fixture
def blob() -> bytes:
    """The golden file's bytes."""
    return GOLDEN.read_bytes()


@pytest.fixture
def model() -> modelfile.ModelFile:
    """The golden file's model."""
    return modelfile.read(GOLDEN)


@pytest.fixture
def forgery(blob: bytes) -> Forgery:
    """The golden file in parts."""
    return Forgery(blob)


@pytest.fixture
def refusal() -> Callable[[bytes], ModelFileError]:
    """What the reader says to bytes that it must refuse."""

    def refuse(data: bytes) -> ModelFileError:
        with pytest.raises(ModelFileError) as caught:
            reading.parse(np.frombuffer(data, np.uint8))
        assert caught.value.remedy
        return caught.value

    return refuse
