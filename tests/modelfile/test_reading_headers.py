"""What is refused before any tensor is looked at: the path, the size, the header."""

import os
import pickle
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from whisperwave import modelfile
from whisperwave.errors import ModelFileError


def test_an_error_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "cut.safetensors"
    path.write_bytes(b"\x00" * 5)
    with pytest.raises(ModelFileError, match=r"cut\.safetensors.*ends at byte 5"):
        modelfile.read(path)


@pytest.mark.parametrize("name", ["none.safetensors", "."])
def test_a_missing_file_or_a_folder_is_unreadable(tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelFileError) as caught:
        modelfile.read(tmp_path / name)
    assert caught.value.code == "MODEL_UNREADABLE"


def test_a_named_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    codes: list[str] = []

    def attempt() -> None:
        try:
            modelfile.read(pipe)
        except ModelFileError as error:
            codes.append(error.code)

    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(timeout=10)
    assert codes == ["MODEL_NOT_A_FILE"]


def test_a_file_past_the_size_cap_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.safetensors"
    with path.open("wb") as file:
        file.truncate(2**31 + 1)  # sparse: it takes no space
    with pytest.raises(ModelFileError) as caught:
        modelfile.read(path)
    assert caught.value.code == "MODEL_FILE_TOO_LARGE"


@pytest.mark.parametrize("length", [2**63, 2**64 - 1, 101 * 2**20, 4 * 2**20 + 1])
def test_a_header_length_past_the_cap_is_refused(
    blob: bytes, refusal: Callable[[bytes], ModelFileError], length: int
) -> None:
    assert refusal(struct.pack("<Q", length) + blob[8:]).code == "MODEL_HEADER_TOO_LARGE"


@pytest.mark.parametrize("length", [0, 1])
def test_an_empty_header_is_refused(
    blob: bytes, refusal: Callable[[bytes], ModelFileError], length: int
) -> None:
    assert refusal(struct.pack("<Q", length) + blob[8:]).code == "MODEL_HEADER_EMPTY"


@pytest.mark.parametrize(
    "header",
    [
        b"[1,2,3]",
        b'{"a":}',
        b'{"a":NaN}',
        b'{"a":1e999}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a":"\xff"}',
        b'{"a":"\\ud800"}',
        b'\n{"a":1}',
    ],
    ids=["list", "syntax", "nan", "overflow", "digits", "depth", "bytes", "surrogate", "newline"],
)
def test_a_malformed_header_is_refused(
    refusal: Callable[[bytes], ModelFileError], header: bytes
) -> None:
    code = refusal(struct.pack("<Q", len(header)) + header).code
    assert code in {"MODEL_BAD_JSON", "MODEL_NOT_FINITE"}


def test_a_doubled_tensor_name_is_refused(
    blob: bytes, refusal: Callable[[bytes], ModelFileError]
) -> None:
    doubled = blob.replace(b'"weights/end1.bias":', b'"weights/end2.bias":', 1)
    error = refusal(doubled)
    assert error.code == "MODEL_DUPLICATE_KEY"
    assert "weights/end2.bias" in error.message


def test_a_second_file_hidden_in_padding_is_refused(
    blob: bytes, refusal: Callable[[bytes], ModelFileError]
) -> None:
    length = int.from_bytes(blob[:8], "little")
    padded = struct.pack("<Q", length + 64) + blob[8 : 8 + length] + b" " * 64 + blob[8 + length :]
    assert refusal(padded).code == "MODEL_HEADER_PADDING"


def test_plain_safetensors_are_told_to_be_imported(
    refusal: Callable[[bytes], ModelFileError],
) -> None:
    header = b'{"__metadata__":{"format":"pt"}}'
    assert refusal(struct.pack("<Q", len(header)) + header).code == "MODEL_NO_METADATA"


def test_a_pickle_is_named_and_never_opened(
    refusal: Callable[[bytes], ModelFileError], tmp_path: Path
) -> None:
    marker = tmp_path / "marker"

    class Trap:
        def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
            return os.mkdir, (str(marker),)

    for protocol in (2, 3, 4, 5):
        assert refusal(pickle.dumps(Trap(), protocol)).code == "MODEL_FOREIGN"
    assert not marker.exists()


@pytest.mark.parametrize("start", [b"PK\x03\x04" + bytes(60), b"7z\xbc\xaf\x27\x1c" + bytes(60)])
def test_an_archive_is_named(refusal: Callable[[bytes], ModelFileError], start: bytes) -> None:
    assert refusal(start).code in {"MODEL_FOREIGN", "MODEL_TRUNCATED"}
