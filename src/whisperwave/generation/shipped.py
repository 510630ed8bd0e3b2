"""Model files by name: the ones inside the package, or any file or run folder of your own."""

import difflib
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from whisperwave.errors import ModelFileError

_SUFFIX = ".safetensors"
_CHECKPOINTS = "checkpoints"
_CHECKPOINT_TENSORS = "state.pt"


def find_model(name_or_path: str | Path) -> Path:
    """The model file that a shipped model's name, or a path, stands for.

    A run folder of training stands for the model file that the run has written into it.

    Raises:
        ModelFileError: neither a shipped name, nor an existing file, nor a folder with one model
            file; ``MODEL_NOT_EXPORTED`` for a checkpoint, with the file to take instead.
    """
    names = shipped_models()
    if str(name_or_path) in names:
        return _folder() / f"{name_or_path}{_SUFFIX}"
    path = Path(name_or_path)
    try:
        if path.is_file() and path.name != _CHECKPOINT_TENSORS:
            return path
        if path.is_file() or (path.is_dir() and str(name_or_path)):
            return _model_of_run(path)
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


def _model_of_run(path: Path) -> Path:
    """The one model file in a folder; a checkpoint is for training, and is not one."""
    models = sorted(path.glob(f"*{_SUFFIX}"))
    if len(models) == 1:
        return models[0]
    if models:
        raise ModelFileError(
            "SEVERAL_MODELS", f"{str(path)!r} holds {len(models)} model files.",
            f"Name one, for example {str(models[0])!r}.",
        )  # fmt: skip
    run = _run_folder(path)
    if run is None:
        raise ModelFileError(
            "NO_SUCH_MODEL", f"{str(path)!r} is a folder without a model file.",
            f"Give the path of a {_SUFFIX} file, or of a run folder of `whisperwave train`.",
        )  # fmt: skip
    raise _not_exported(path, run, sorted(run.glob(f"*{_SUFFIX}")))


def _run_folder(path: Path) -> Path | None:
    """The folder of the run that wrote a checkpoint; None if this is no checkpoint's place."""
    for folder in (path / _CHECKPOINTS, path, *path.parents[:2]):
        if folder.name == _CHECKPOINTS and folder.is_dir():
            return folder.parent
    return None


def _not_exported(path: Path, run: Path, models: Sequence[Path]) -> ModelFileError:
    remedy = (
        f"Take the model file that the run has written: {str(models[0])!r}."
        if models
        else f"Run the same `whisperwave train` again; at its end it writes one into {str(run)!r}."
    )
    what = f"{str(path)!r} holds the memory of training, which only training can read."
    return ModelFileError("MODEL_NOT_EXPORTED", what, remedy)


def shipped_models() -> tuple[str, ...]:
    """The names of the models inside the package."""
    return tuple(sorted(path.stem for path in _folder().glob(f"*{_SUFFIX}")))


def _folder() -> Path:
    return Path(str(files("whisperwave"))) / "starter" / "models"
