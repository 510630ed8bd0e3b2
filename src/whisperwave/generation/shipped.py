"""Model files by name: the ones inside the package, or any file of your own."""

import difflib
from importlib.resources import files
from pathlib import Path

from whisperwave.errors import ModelFileError

DEFAULT_MODEL = "calm"
_SUFFIX = ".safetensors"


def find_model(name_or_path: str | Path) -> Path:
    """The model file that a shipped model's name, or a path, stands for.

    Raises:
        ModelFileError: neither a shipped name nor an existing file.
    """
    names = shipped_models()
    if str(name_or_path) in names:
        return _folder() / f"{name_or_path}{_SUFFIX}"
    path = Path(name_or_path)
    if path.is_file():
        return path
    near = difflib.get_close_matches(str(name_or_path), names) or names
    raise ModelFileError(
        "NO_SUCH_MODEL",
        f"{str(name_or_path)!r} is neither a shipped model nor a model file.",
        f"Shipped: {', '.join(near)}. Or give the path of a {_SUFFIX} file." if near else
        f"Give the path of a {_SUFFIX} file.",
    )  # fmt: skip


def shipped_models() -> tuple[str, ...]:
    """The names of the models inside the package."""
    return tuple(sorted(path.stem for path in _folder().glob(f"*{_SUFFIX}")))


def _folder() -> Path:
    return Path(str(files("whisperwave"))) / "starter" / "models"
