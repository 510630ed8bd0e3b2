"""Model files by name: the ones inside the package, or any file or run folder of your own."""

import difflib
import glob
from importlib.resources import files
from pathlib import Path

from whisperwave.errors import ModelFileError

_SUFFIX = ".safetensors"
_CHECKPOINTS = "checkpoints"


def find_model(name_or_path: str | Path) -> Path:
    """The model file that a shipped model's name, or a path, stands for.

    A run folder of training stands for the model file that the run has written into it, or while
    it has none, for that of its newest checkpoint; a checkpoint for the one in it; and a run's name
    without its date for the newest run of that name.

    Raises:
        ModelFileError: neither a shipped name, nor an existing file, nor a folder with one model
            file.
    """
    names = shipped_models()
    if str(name_or_path) in names:
        return _folder() / f"{name_or_path}{_SUFFIX}"
    try:
        path = newest_of_name(Path(name_or_path))
        if path.is_file():
            return path
        if path.is_dir() and str(name_or_path):
            return _model_of_folder(path)
    except OSError as error:
        raise ModelFileError(
            "NO_SUCH_MODEL", f"{str(name_or_path)!r} cannot be looked at: {error.strerror}.",
            f"Give the path of a {_SUFFIX} file.",
        ) from error  # fmt: skip
    near = difflib.get_close_matches(str(name_or_path), names) or names
    raise ModelFileError(
        "NO_SUCH_MODEL",
        f"{str(name_or_path)!r} is neither a shipped model nor a model file.",
        f"Shipped: {', '.join(near)}. Or give the path of a {_SUFFIX} file." if near else
        f"Give the path of a {_SUFFIX} file.",
    )  # fmt: skip


def _model_of_folder(path: Path) -> Path:
    """The model file that a folder stands for: the one in it, or its newest checkpoint's."""
    models = sorted(path.glob(f"*{_SUFFIX}"))
    if len(models) == 1:
        return models[0]
    if models:
        raise ModelFileError(
            "SEVERAL_MODELS", f"{str(path)!r} holds {len(models)} model files.",
            f"Name one, for example {str(models[0])!r}.",
        )  # fmt: skip
    for folder in (path, path / _CHECKPOINTS):
        kept = sorted(folder.glob(f"step-*/*{_SUFFIX}"))
        if kept:
            return kept[-1]
    raise ModelFileError(
        "NO_SUCH_MODEL", f"{str(path)!r} is a folder without a model file.",
        f"Give the path of a {_SUFFIX} file, or of a run folder of `whisperwave train`.",
    )  # fmt: skip


def newest_of_name(path: Path) -> Path:
    """The newest dated run of a name: ``runs/calm`` stands for ``runs/<date>/calm`` too."""
    if path.exists() or not path.name:
        return path
    dated = sorted(path.parent.glob(f"[0-9]*-[0-9]*-[0-9]*/{glob.escape(path.name)}"))
    return dated[-1] if dated else path


def shipped_models() -> tuple[str, ...]:
    """The names of the models inside the package."""
    return tuple(sorted(path.stem for path in _folder().glob(f"*{_SUFFIX}")))


def _folder() -> Path:
    return Path(str(files("whisperwave"))) / "starter" / "models"
