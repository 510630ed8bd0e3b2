"""What happens around the steps of a run: reports, checkpoints, and the end by the clock."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lightning.pytorch import Callback, Trainer

from whisperwave.training import checkpoints
from whisperwave.training.settings import TrainerSettings
from whisperwave.training.tasks.next_sample import NextSample

Report = Callable[[dict[str, Any]], None]


class Reporter(Callback):
    """Writes a line of figures every few steps, to the run's log and to whoever listens."""

    def __init__(self, log: Path, settings: TrainerSettings, targets: int, listener: Report):
        self._log = log
        self._every = settings.report_steps
        self._targets = targets
        self._listener = listener
        self._since = (time.monotonic(), 0)

    def on_train_start(self, trainer: Trainer, pl_module: Any) -> None:  # noqa: ARG002 # Lightning's signature
        """Start the clock of the first line."""
        self._since = (time.monotonic(), pl_module.step)

    def on_train_batch_end(self, trainer: Trainer, pl_module: Any, *_: Any, **__: Any) -> None:
        """One line: bits per sample, speed, and the time that is left at this speed."""
        if pl_module.step % self._every:
            return
        then, step = self._since
        elapsed = time.monotonic() - then
        self._since = (time.monotonic(), pl_module.step)
        progress = pl_module.progress
        self._write(
            {
                "event": "step",
                "step": pl_module.step,
                "bits": round(float(trainer.callback_metrics["bits"]), 4),
                "targets_per_second": round(self._targets * (pl_module.step - step) / elapsed),
                "progress": round(progress, 4),
                "seconds_left": round(pl_module.seconds * (1 - progress) / max(progress, 1e-6)),
            }
        )

    def on_validation_end(self, trainer: Trainer, pl_module: Any) -> None:
        """One line for each look at held-out sound."""
        self._write(
            {
                "event": "validation",
                "step": pl_module.step,
                "validation_bits": round(float(trainer.callback_metrics["validation_bits"]), 4),
            }
        )

    def _write(self, line: dict[str, Any]) -> None:
        with self._log.open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")
        self._listener(line)


class Checkpointer(Callback):
    """Saves the whole state every few steps and at the end, so that a run can go on later."""

    def __init__(self, folder: Path, settings: TrainerSettings) -> None:
        self._folder = folder
        self._settings = settings

    def on_train_batch_end(self, trainer: Trainer, pl_module: Any, *_: Any, **__: Any) -> None:  # noqa: ARG002 # Lightning's signature
        """Save when the step's number says so."""
        if pl_module.step % self._settings.checkpoint_steps == 0:
            self._save(pl_module)

    def on_train_end(self, trainer: Trainer, pl_module: Any) -> None:  # noqa: ARG002 # Lightning's signature
        """Save where the run ended, also when it was stopped by hand."""
        self._save(pl_module)

    def _save(self, module: NextSample) -> None:
        keep = self._settings.keep_checkpoints
        checkpoints.save(self._folder, module.step, module.memory(), keep)


class StopByClock(Callback):
    """Ends the run when its minutes are over."""

    def on_train_batch_end(self, trainer: Trainer, pl_module: Any, *_: Any, **__: Any) -> None:
        """Look at the clock after each step."""
        if pl_module.progress >= 1.0:
            trainer.should_stop = True
