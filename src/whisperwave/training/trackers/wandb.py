"""Weights & Biases, as a hook for those who have it; offline unless ``tracker.uri`` is online."""

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from whisperwave.errors import ConfigError
from whisperwave.training.artefacts.tracking import TrackedRun

NEEDS = ("wandb",)
INSTALL = "wandb"

_MODES = ("offline", "online")
_MARK = "wandb.run"  # in the run's folder: the run's name there, to go on with


def open_tracker(run: TrackedRun) -> "WandbTracker":
    """Begin a run there, or go on with the one that this run was before."""
    mode = run.uri or _MODES[0]
    if mode not in _MODES:
        raise ConfigError(
            "BAD_SETTINGS", f"tracker.uri={mode!r} is unknown.", f"Use {' or '.join(_MODES)}."
        )
    return WandbTracker(run, mode)


class WandbTracker:
    """One run in a project."""

    def __init__(self, run: TrackedRun, mode: str) -> None:
        self._wandb: Any = importlib.import_module("wandb")
        mark = run.place.folder / _MARK
        known = mark.read_text(encoding="utf-8") if mark.exists() else None
        self._run: Any = self._wandb.init(
            project=run.experiment, name=run.place.name, dir=str(run.place.folder), mode=mode,
            config=dict(run.settings), id=known, resume="allow",
        )  # fmt: skip
        mark.write_text(str(self._run.id), encoding="utf-8")

    def figures(self, step: int, values: Mapping[str, float]) -> None:
        """Note the figures of a step."""
        self._run.log(dict(values), step=step)

    def file(self, step: int, path: Path) -> None:
        """Note a sound or a picture."""
        kinds = {".wav": self._wandb.Audio, ".png": self._wandb.Image}
        if path.suffix in kinds:
            self._run.log({path.stem: kinds[path.suffix](str(path))}, step=step)

    def close(self) -> None:
        """Note the end."""
        self._run.finish()
