"""How the library and its decoder process talk: a kind byte, a length, and that many bytes."""

import json
import struct
from typing import Any, BinaryIO

_HEAD = struct.Struct("<cQ")


def send(pipe: BinaryIO, content: bytes | dict[str, Any]) -> None:
    """Write one frame: JSON for a mapping, bytes as they are."""
    kind, body = (b"B", content) if isinstance(content, bytes) else (b"J", _json(content))
    pipe.write(_HEAD.pack(kind, len(body)))
    pipe.write(body)
    pipe.flush()


def receive(pipe: BinaryIO) -> bytes | dict[str, Any]:
    """Read one frame.

    Raises:
        EOFError: the other side has ended, perhaps in the middle of a frame.
    """
    kind, length = _HEAD.unpack(_exactly(pipe, _HEAD.size))
    body = _exactly(pipe, length)
    if kind == b"B":
        return body
    message: dict[str, Any] = json.loads(body)
    return message


def _json(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode()


def _exactly(pipe: BinaryIO, length: int) -> bytes:
    content = pipe.read(length)
    if len(content) < length:
        raise EOFError(f"wanted {length} bytes, got {len(content)}")
    return content
