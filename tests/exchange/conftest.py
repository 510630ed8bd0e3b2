import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from whisperwave import runtimes
from whisperwave.errors import ModelFileError
from whisperwave.exchange import cell, sources
from whisperwave.exchange.foreign.layers import Plain
from whisperwave.exchange.importing import Import, Imported, import_model
from whisperwave.library import Library
from whisperwave.registry import find


@pytest.fixture
def imported(library: Library, tmp_path: Path) -> Callable[..., Imported]:
    """Imports a file, for which clip 1 is the real audio."""

    def run(source: Path, **options: object) -> Imported:
        return import_model(Import(source, tmp_path / "out.safetensors", **options), library)

    return run


@pytest.fixture
def read() -> Callable[..., Plain]:
    """Reads a file in the child, and no further."""

    def run(source: Path) -> Plain:
        importer = sources.importer_of(source, "auto")
        files = sources.gathered(find(sources.ROOM, importer), source)
        with cell.opened(importer, files) as found:
            return found.network

    return run


@pytest.fixture
def refused(read: Callable[..., Plain]) -> Callable[..., ModelFileError]:
    """Checks that reading fails with a code, says some words, and gives a remedy, on one line."""

    def check(source: Path, code: str, words: str = "") -> ModelFileError:
        with pytest.raises(ModelFileError) as caught:
            read(source)
        error = caught.value
        assert error.code == code, error
        assert words in error.message
        assert error.remedy
        assert str(error).isprintable()
        return error

    return check


@pytest.fixture
def played() -> Callable[..., np.ndarray]:
    """The logits that the engine gives after each of some classes, told the first class if any."""

    def run(found: Imported, classes: np.ndarray) -> np.ndarray:
        runtime = runtimes.load(found.output)
        port = runtime.signature.port("style")
        style = np.eye(port.channels, dtype="f4")[0] if port else None
        return runtime.logits(classes.astype("i4"), runtime.guide(style))

    return run


@pytest.fixture
def zipped(tmp_path: Path) -> Callable[..., Path]:
    """Writes a zip archive as torch.save lays one out, around whatever pickle it is given."""

    def write(pickled: bytes, name: str = "archive/data.pkl", **further: bytes) -> Path:
        path = tmp_path / "crafted.pth"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(name, pickled)
            archive.writestr("archive/data/0", bytes(64))
            for inner, content in further.items():
                archive.writestr(f"archive/{inner}", content)
        return path

    return write


@pytest.fixture
def pickled_dict() -> bytes:
    """A pickle of a mapping that names nothing."""
    return pickle.dumps({"a": 1}, protocol=2)
