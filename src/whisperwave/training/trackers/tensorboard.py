"""TensorBoard: event files in the run's folder, for ``tensorboard --logdir runs``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from whisperwave.training.artefacts.tracking import TrackedRun

NEEDS = ("tensorboard",)
INSTALL = '"whisperwave[track]"'

_FOLDER = "tensorboard"


def open_tracker(run: TrackedRun) -> "TensorboardTracker":
    """Write event files beside the run's log, or where ``tracker.uri`` says."""
    return TensorboardTracker(Path(run.uri) if run.uri else run.place.folder / _FOLDER, run)


class TensorboardTracker:
    """Figures as scalars, sounds as sounds; other files stay where they are."""

    def __init__(self, folder: Path, run: TrackedRun) -> None:
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 # only where it is named

        self._writer: Any = SummaryWriter(str(folder))
        lines = [f"    {name}={value}" for name, value in run.settings.items()]
        self._writer.add_text("settings", "\n".join(lines))

    def figures(self, step: int, values: Mapping[str, float]) -> None:
        """Note the figures of a step."""
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)
        self._writer.flush()

    def file(self, step: int, path: Path) -> None:
        """Note a sound."""
        if path.suffix == ".wav":
            audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
            self._writer.add_audio("preview", np.ascontiguousarray(audio.T[:1]), step, rate)

    def close(self) -> None:
        """End the file."""
        self._writer.close()
