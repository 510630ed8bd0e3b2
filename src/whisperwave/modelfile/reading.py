"""From a path to a checked model: one read into memory, and those same bytes are used.

The order of the checks is fixed: size caps, header, schema, arithmetic, digests, finite values,
shapes. Nothing of a size that the file claims is allocated before the claim was checked.
"""

import io
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from whisperwave.errors import ModelFileError
from whisperwave.modelfile import checks, container, digests, header, limits
from whisperwave.modelfile.container import ALIGNMENT, Bytes
from whisperwave.modelfile.model import Array, Exam, ModelFile, StyleProjection

_STYLE = {"style/mean", "style/projection"}
_FOLDERS = ("weights/", "calibration/", "exam/input/", "exam/output/")


@dataclass(frozen=True)
class Verification:
    """What was found when a whole model file was checked.

    Args:
        digest: SHA-256 of the file with its own 64 digits taken as zeros.
        family: the architecture.
        file_bytes: the file's length.
        tensors: how many tensors it holds.
        parameters: how many numbers its weights hold.
        denormals: how many denormal weights were taken as zero.
        shapes_checked: False for a family whose layout this version does not know.
    """

    digest: str
    family: str
    file_bytes: int
    tensors: int
    parameters: int
    denormals: int
    shapes_checked: bool


def read(path: Path) -> ModelFile:
    """Read a model file and check every byte of it; its arrays cannot be written to.

    Raises:
        ModelFileError: the file is missing, damaged, hostile, or made for another version.
    """
    return read_verified(path)[0]


def verify(path: Path) -> Verification:
    """Check a model file as `read` does, and say what it holds.

    Raises:
        ModelFileError: as `read`.
    """
    return read_verified(path)[1]


def read_verified(path: Path) -> tuple[ModelFile, Verification]:
    """Both at once: the model, and what was found while its file was checked.

    Raises:
        ModelFileError: as `read`.
    """
    with _about(path):
        return parse(load(path))


def load(path: Path) -> Bytes:
    """Read a regular file of at most 2 GiB into memory that nobody can write to any more."""
    try:
        with io.FileIO(path, "rb", opener=_open_at_once) as file:
            status = os.fstat(file.fileno())
            _check_status(status)
            return _fill(file, status.st_size)
    except OSError as error:
        raise ModelFileError(
            "MODEL_UNREADABLE",
            f"the file cannot be read: {error.strerror}.",
            "Check the path and its permissions.",
        ) from error


def parse(data: Bytes) -> tuple[ModelFile, Verification]:
    """Check a whole file held in memory and take the model out of it, as views on ``data``.

    Raises:
        ModelFileError: one code for each kind of fault; the text names the tensor.
    """
    envelope = container.parse_header(data)
    metadata = header.parse(envelope.metadata)
    checks.check_names(set(envelope.entries), set(metadata.tensors), "the data")
    checks.check_budget(metadata.fields["family"], metadata.fields["config"])
    extents = container.locate(envelope, data.size)
    tensors = {
        name: container.view(data, envelope.data_start, extents[name]) for name in sorted(extents)
    }
    digests.check_tensors(tensors, metadata.tensors)
    digests.check_file(data, envelope.data_start, metadata.digest)
    for name, array in tensors.items():
        checks.check_finite(name, array)
    model, denormals = _sort_out(metadata, tensors)
    checks.check_model(model)
    return model, Verification(
        digest=metadata.digest,
        family=model.family,
        file_bytes=data.size,
        tensors=len(tensors),
        parameters=sum(array.size for array in model.weights.values()),
        denormals=denormals,
        shapes_checked=checks.has_layout(model.family),
    )


def _sort_out(metadata: header.Metadata, tensors: Mapping[str, Array]) -> tuple[ModelFile, int]:
    """Give each tensor its place by the folder in its name; also counts flushed denormals."""
    flushed = {
        name: checks.flush_denormals(array)
        for name, array in tensors.items()
        if not name.startswith("exam/")
    }
    arrays = dict(tensors) | {name: array for name, (array, _) in flushed.items()}
    weights, calibration, asked, answered = (_folder(arrays, folder) for folder in _FOLDERS)
    exam = Exam(asked, answered, metadata.tolerances)
    rest = {name for name in arrays if not name.startswith(_FOLDERS)}
    style = None
    if rest:
        checks.check_names(rest, _STYLE, "the model")
        style = StyleProjection(arrays["style/mean"], arrays["style/projection"])
    model = ModelFile(
        weights=weights, calibration=calibration, exam=exam, style=style, **metadata.fields
    )
    return model, sum(count for _, count in flushed.values())


def _folder(arrays: Mapping[str, Array], prefix: str) -> dict[str, Array]:
    return {
        name.removeprefix(prefix): array
        for name, array in arrays.items()
        if name.startswith(prefix)
    }


def _open_at_once(path: str, flags: int) -> int:
    """Open without waiting: a named pipe would otherwise wait for its writer for ever."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _fill(file: io.FileIO, size: int) -> Bytes:
    """At most ``size`` bytes of ``file``, aligned in memory as they are in the file, read-only."""
    memory = np.empty(size + ALIGNMENT, np.uint8)
    start = position = -memory.ctypes.data % ALIGNMENT
    while position < start + size and (got := file.readinto(memory[position : start + size].data)):
        position += got
    memory.flags.writeable = False
    return memory[start:position]


def _check_status(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise ModelFileError(
            "MODEL_NOT_A_FILE", "it is not a regular file.", "Give the path of a model file."
        )
    if status.st_size > limits.FILE_BYTES:
        raise ModelFileError(
            "MODEL_FILE_TOO_LARGE",
            f"the file has {status.st_size} bytes, the limit is {limits.FILE_BYTES}.",
            "Use a smaller model.",
        )


@contextmanager
def _about(path: Path) -> Iterator[None]:
    """Name the file in whatever refusal comes out of the block."""
    try:
        yield
    except ModelFileError as error:
        message = f"model file {str(path)!r}: {error.message}"
        raise ModelFileError(error.code, message, error.remedy) from error
