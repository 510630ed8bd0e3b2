"""From a model to a file: the same model is the same bytes, on every machine and every day."""

from pathlib import Path

import numpy as np

from whisperwave.library import durable
from whisperwave.modelfile import checks, container, digests, header, reading
from whisperwave.modelfile.model import Array, ModelFile


def write(path: Path, model: ModelFile) -> str:
    """Write ``model`` to ``path``, whole or not at all, and return its digest.

    The bytes pass the reader's own checks before the file takes its name, so a file that `read`
    would refuse is never written.

    Raises:
        ModelFileError: the model cannot be stored; the code and text are the reader's.
        OutputError: the disk is full, or the folder is missing or not writable.
    """
    data, found = _checked(model)
    durable.write_bytes(path, data)
    return found


def encode(model: ModelFile) -> bytes:
    """The bytes that `write` would write, checked in the same way.

    Raises:
        ModelFileError: as `write`.
    """
    return _checked(model)[0]


def digest(model: ModelFile) -> str:
    """The digest that a file of ``model`` would carry: 64 lower-case hexadecimal digits.

    Raises:
        ModelFileError: as `write`.
    """
    return _checked(model)[1]


def _checked(model: ModelFile) -> tuple[bytes, str]:
    data = serialise(model)
    _, verification = reading.parse(np.frombuffer(data, np.uint8))
    return data, verification.digest


def serialise(model: ModelFile) -> bytes:
    """The bytes of the file, not yet checked."""
    tensors = _tensors(model)
    metadata = header.compose(model, {name: digests.of_array(a) for name, a in tensors.items()})
    return digests.seal(container.pack(tensors, metadata))


def _tensors(model: ModelFile) -> dict[str, Array]:
    named = {f"weights/{name}": array for name, array in model.weights.items()}
    named |= {f"calibration/{name}": array for name, array in model.calibration.items()}
    if model.style is not None:
        named |= {"style/mean": model.style.mean, "style/projection": model.style.projection}
    # A denormal weight is stored as zero, so that a file and the model read from it agree.
    flushed = {name: checks.flush_denormals(_little(array))[0] for name, array in named.items()}
    exam = {f"exam/input/{name}": array for name, array in model.exam.inputs.items()}
    exam |= {f"exam/output/{name}": array for name, array in model.exam.outputs.items()}
    return flushed | {name: _little(array) for name, array in exam.items()}


def _little(array: Array) -> Array:
    """The array's elements in the file's byte order; on most machines the array itself."""
    return np.asarray(array, dtype=array.dtype.newbyteorder("<"), order="C")
