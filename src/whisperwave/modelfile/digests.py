"""SHA-256 of every tensor and of the whole file.

No weight format detects a flipped bit by itself. The file's own digest stands inside the file, so
it is computed with its 64 characters taken as zeros.
"""

import hashlib
from collections.abc import Mapping

import numpy as np

from whisperwave.errors import ModelFileError
from whisperwave.modelfile.container import Bytes
from whisperwave.modelfile.model import Array

ZEROS = b"0" * 64


def of_array(array: Array) -> str:
    """The digest of a tensor's elements, little-endian and in row order."""
    return hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()


def seal(data: bytes) -> bytes:
    """Replace the first run of 64 zeros, the place of the digest, by the digest of ``data``."""
    position = data.index(ZEROS)
    digest = hashlib.sha256(data).hexdigest().encode("ascii")
    return data[:position] + digest + data[position + 64 :]


def check_file(data: Bytes, data_start: int, digest: str) -> None:
    """Hold the whole file against the digest that its header states.

    Raises:
        ModelFileError: ``MODEL_DIGEST``, a bit of the file has changed.
    """
    header = data[:data_start].tobytes()
    stated = digest.encode("ascii")
    found = hashlib.sha256(header.replace(stated, ZEROS))
    found.update(data[data_start:].data)
    if header.count(stated) != 1 or found.hexdigest() != digest:
        raise ModelFileError(
            "MODEL_DIGEST",
            f"the file's SHA-256 is {found.hexdigest()}, its header says {digest}.",
            "The file has changed since it was written; get it again.",
        )


def check_tensors(tensors: Mapping[str, Array], stated: Mapping[str, str]) -> None:
    """Hold every tensor against its digest, so that an error names the damaged one.

    Raises:
        ModelFileError: ``MODEL_TENSOR_DIGEST``.
    """
    for name, array in tensors.items():
        found = of_array(array)
        if found != stated[name]:
            raise ModelFileError(
                "MODEL_TENSOR_DIGEST",
                f"tensor {name!r} has SHA-256 {found}, the header says {stated[name]}.",
                "The file has changed since it was written; get it again.",
            )
