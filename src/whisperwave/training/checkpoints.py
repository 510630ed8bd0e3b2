"""Training's memory: whole folders with digests, written so that a kill leaves the one before.

A checkpoint is ``step-NNNNNNN/`` with the tensors and a manifest of digests. It is written under a
temporary name, flushed, and renamed; `latest` takes the newest whose digests hold and says which it
had to pass over.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from whisperwave.errors import TrainingError

MANIFEST = "manifest.json"
TENSORS = "state.pt"


def save(folder: Path, step: int, state: dict[str, Any], keep: int) -> Path:
    """Write one checkpoint durably, then remove all but the newest ``keep``."""
    folder.mkdir(parents=True, exist_ok=True)
    final = folder / f"step-{step:07d}"
    temporary = folder / f".{final.name}.tmp.{os.getpid()}"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    torch.save(state, temporary / TENSORS)
    manifest = {"step": step, "sha256": {TENSORS: _digest(temporary / TENSORS)}}
    (temporary / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    for path in (temporary / TENSORS, temporary / MANIFEST, temporary):
        _flush(path)
    if final.exists():
        shutil.rmtree(final)
    temporary.rename(final)
    _flush(folder)
    for old in _found(folder)[:-keep]:
        shutil.rmtree(old)
    return final


def latest(folder: Path, warn: Callable[[str], None]) -> dict[str, Any] | None:
    """The newest checkpoint that is whole, or None where there is none at all.

    Raises:
        TrainingError: ``NO_VALID_CHECKPOINT`` when there are some and every one is damaged;
            starting again from nothing is for a person to decide.
    """
    found = _found(folder)
    for path in reversed(found):
        try:
            return load(path)
        except TrainingError as error:
            warn(str(error))
    if found:
        raise TrainingError(
            "NO_VALID_CHECKPOINT",
            f"All {len(found)} checkpoints in {str(folder)!r} are damaged.",
            "Restore one, or remove the folder to start anew.",
        )
    return None


def load(path: Path) -> dict[str, Any]:
    """Read one checkpoint after checking its digests."""
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        for name, digest in manifest["sha256"].items():
            if _digest(path / name) != digest:
                raise TrainingError(
                    "CHECKPOINT_DAMAGED", f"{str(path / name)!r} does not match its digest."
                )
        state: dict[str, Any] = torch.load(path / TENSORS, weights_only=True)
    except (OSError, ValueError, KeyError) as error:
        raise TrainingError(
            "CHECKPOINT_DAMAGED", f"{str(path)!r} cannot be read: {error}."
        ) from error
    return state


def _found(folder: Path) -> list[Path]:
    return sorted(folder.glob("step-*"))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
