"""PNG files (RFC 2083) from pixels, with nothing but zlib."""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_UP = 2  # the filter that stores each row as its difference from the row above


def encode(pixels: NDArray[np.uint8]) -> bytes:
    """A truecolour PNG of ``pixels`` [height, width, 3]; the same pixels are the same bytes."""
    height, width, _ = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(_filtered(pixels))
    chunks = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(kind, content) for kind, content in chunks)


def _filtered(pixels: NDArray[np.uint8]) -> bytes:
    rows = pixels.reshape(pixels.shape[0], -1)
    above = np.vstack([np.zeros_like(rows[:1]), rows[:-1]])
    kinds = np.full((len(rows), 1), _UP, np.uint8)
    return np.hstack([kinds, rows - above]).tobytes()


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)
