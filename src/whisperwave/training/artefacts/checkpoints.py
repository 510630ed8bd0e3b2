"""Training's memory: whole folders with digests, written so that a kill leaves the one before.

A checkpoint is ``step-NNNNNNN/`` with its files and a manifest of their digests. It is written
under a temporary name, flushed, and renamed, so that a folder with the final name is complete. The
folders are all there is: no index can disagree with them, and steps order them, not dates.
"""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whisperwave import __version__
from whisperwave.errors import TrainingError
from whisperwave.library import durable

MANIFEST = "manifest.json"
MARK = "keep"  # an empty file of this name in a checkpoint keeps it for good
_FORMAT = 1
_NEWER = "CHECKPOINT_NEWER"
_RESERVE = 16 << 20  # bytes left free on the disk, for the log and the model file at the end


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint whose digests held: its files as bytes, and what its manifest says of them."""

    path: Path
    files: Mapping[str, bytes]
    facts: Mapping[str, Any]

    @property
    def step(self) -> int:
        """How many steps had been taken."""
        return int(self.facts["step"])


def save(folder: Path, step: int, files: Mapping[str, bytes], facts: Mapping[str, Any]) -> Path:
    """Write one checkpoint, whole or not at all.

    Args:
        folder: of all checkpoints of the run.
        step: its number.
        files: by name.
        facts: what the manifest says beside the digests; JSON-ready.

    Raises:
        OutputError: ``DISK_FULL``, or the disk refused; older checkpoints are as they were, and
            nothing of this one is left.
    """
    final = folder / f"step-{step:07d}"
    temporary = folder / f".{final.name}.tmp.{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _check_space(folder, sum(len(data) for data in files.values()))
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        for name, data in files.items():
            _write(temporary / name, data)
        _write(temporary / MANIFEST, _manifest(step, files, facts))
        durable.flush(temporary)
        _discard(final)  # one of this step that was damaged, or left by a rolled-back attempt
        temporary.rename(final)
        durable.flush(folder)
    except OSError as error:
        raise durable.explain(error, final) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return final


def latest(folder: Path, warn: Callable[[TrainingError], None]) -> Checkpoint | None:
    """The newest checkpoint that is whole, or None where there is none at all.

    Args:
        folder: of all checkpoints of the run.
        warn: is told of each that had to be passed over.

    Raises:
        TrainingError: ``NO_VALID_CHECKPOINT`` when there are some and every one is damaged;
            starting again from nothing is for a person to decide. ``CHECKPOINT_NEWER``, one is of a
            later format: to go on from an older one would throw away what was learned since.
    """
    found = steps(folder)
    for path in reversed(found):
        try:
            return load(path)
        except TrainingError as error:
            if error.code == _NEWER:
                raise
            warn(error)
    if found:
        raise TrainingError(
            "NO_VALID_CHECKPOINT",
            f"All {len(found)} checkpoints in {str(folder)!r} are damaged.",
            "Restore one, or remove the folder to start anew.",
        )
    return None


def load(path: Path) -> Checkpoint:
    """Read one checkpoint; the bytes that were checked are the ones that are returned.

    Raises:
        TrainingError: ``CHECKPOINT_DAMAGED``, or ``CHECKPOINT_NEWER``.
    """
    try:
        facts = _facts(path)
        files = {name: (path / name).read_bytes() for name in facts["sha256"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(path, f"cannot be read: {error}") from error
    for name, data in files.items():
        if hashlib.sha256(data).hexdigest() != facts["sha256"][name]:
            raise _damaged(path / name, "does not match its digest")
    return Checkpoint(path, files, facts)


def steps(folder: Path) -> list[Path]:
    """All checkpoints of a run, whole or damaged, in the order of their steps."""
    return sorted(folder.glob("step-*"))


def best(folder: Path) -> Path | None:
    """The checkpoint with the lowest bits on held-out sound; the newest of several."""
    scored = [(bits, path) for path in steps(folder) if (bits := _score(path)) is not None]
    return min(reversed(scored), key=lambda each: each[0])[1] if scored else None


def prune(folder: Path, keep: int, keep_every: int | None) -> None:
    """Remove all but the newest ``keep``, the best, the marked, and every ``keep_every``-th.

    Raises:
        OutputError: the disk refused; what is left can be removed the next time.
    """
    found = steps(folder)
    kept = {*found[-keep:], best(folder)}
    try:
        for path in found:
            regular = keep_every is not None and int(path.name[5:]) % keep_every == 0
            if path not in kept and not regular and not (path / MARK).exists():
                _discard(path)
    except OSError as error:
        raise durable.explain(error, folder) from error


def sweep(folder: Path) -> None:
    """Remove what a killed writer has left; for whoever holds the run alone."""
    for path in folder.glob(".step-*.tmp.*"):
        shutil.rmtree(path, ignore_errors=True)


def _manifest(step: int, files: Mapping[str, bytes], facts: Mapping[str, Any]) -> bytes:
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    content = {"format": _FORMAT, "step": step, **facts, "sha256": digests}
    return json.dumps(content | {"self": _seal(content)}, indent=1).encode()


def _facts(path: Path) -> dict[str, Any]:
    """What the manifest says, if it says it unharmed."""
    content: dict[str, Any] = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    seal = content.pop("self")
    if seal != _seal(content):
        raise ValueError("the manifest does not match its digest")
    if content["format"] > _FORMAT:
        raise TrainingError(
            _NEWER,
            f"{str(path)!r} has format {content['format']}; this WhisperWave, {__version__}, reads "
            f"{_FORMAT}. It was written by {content.get('version', 'a newer one')}.",
            "Go on with that version, or a newer one; nothing was changed.",
        )
    if content["format"] != _FORMAT:
        raise ValueError(f"its format is {content['format']}, not {_FORMAT}")
    return content


def _score(path: Path) -> float | None:
    try:
        bits: float | None = _facts(path).get("validation_bits")
    except (OSError, ValueError, KeyError, TypeError, TrainingError):
        return None
    return bits


def _seal(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _damaged(path: Path, why: str) -> TrainingError:
    return TrainingError("CHECKPOINT_DAMAGED", f"{str(path)!r} {why}.")


def _check_space(folder: Path, size: int) -> None:
    if shutil.disk_usage(folder).free < size + _RESERVE:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _discard(path: Path) -> None:
    """Remove a checkpoint so that a kill leaves it whole, or under a name that `sweep` knows."""
    if path.exists():
        doomed = path.with_name(f".{path.name}.tmp.old.{os.getpid()}")
        path.rename(doomed)
        shutil.rmtree(doomed)
