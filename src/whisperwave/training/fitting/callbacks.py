"""What happens around the steps of a run: figures, a look at held-out sound, the end."""

import time
from collections.abc import Sequence
from typing import Any

import torch
from lightning.pytorch import Callback, Trainer

from whisperwave.training.artefacts.journal import Report
from whisperwave.training.learning.autoregressive import SCORES, NextSample, scores
from whisperwave.training.material.feeding import Batch
from whisperwave.training.processes.ranks import Ranks
from whisperwave.training.settings.trainer import TrainerSettings


class Reporter(Callback):
    """Tells the journal the figures of every few steps: of the scores their means over those."""

    def __init__(self, settings: TrainerSettings, targets: int, report: Report) -> None:
        self._every = settings.report_steps
        self._targets = targets
        self._report = report
        self._since = (time.monotonic(), 0)

    def on_train_start(self, trainer: Trainer, pl_module: Any) -> None:  # noqa: ARG002 # Lightning's signature
        """Start the clock of the first line."""
        self._since = (time.monotonic(), pl_module.step)

    def on_train_batch_end(self, trainer: Trainer, pl_module: Any, *_: Any, **__: Any) -> None:  # noqa: ARG002 # as above
        """One line: bits per sample, speed, and the time that is left at this speed."""
        if pl_module.step % self._every:
            return
        then, step = self._since
        elapsed = time.monotonic() - then
        self._since = (time.monotonic(), pl_module.step)
        progress = pl_module.progress
        figures = pl_module.figures | pl_module.tally.means()
        self._report(
            {
                "event": "step",
                "step": pl_module.step,
                **{name: float(f"{value:.6g}") for name, value in figures.items()},
                "seconds_per_step": float(f"{elapsed / (pl_module.step - step):.3g}"),
                "targets_per_second": round(self._targets * (pl_module.step - step) / elapsed),
                "progress": round(progress, 4),
                "seconds_left": round(pl_module.seconds * (1 - progress) / max(progress, 1e-6)),
            }
        )


class Validation(Callback):
    """Foretells held-out sound every few steps and at the end, by the averaged weights.

    Where ``patience`` is set and so many looks in a row brought nothing better, the run ends.
    Several processes take turns at the batches; the scores are summed in the order of the batches,
    so that they have the bits of one process.

    Args:
        batches: of held-out crops, those that are this process's.
        settings: how often, and for how long in vain.
        report: is told of each look.
        ranks: who else has some of the batches.
    """

    def __init__(
        self, batches: Sequence[Batch], settings: TrainerSettings, report: Report, ranks: Ranks
    ) -> None:
        self._batches = batches
        self._ranks = ranks
        self._count = int(ranks.sum(torch.tensor(len(batches))))
        self._every = settings.validation_steps
        self._patience = settings.patience
        self._report = report

    def on_train_batch_end(self, trainer: Trainer, pl_module: Any, *_: Any, **__: Any) -> None:
        """Look, and note whether it has got better."""
        record = pl_module.record
        record.fresh = False
        is_due = pl_module.step % self._every == 0 or pl_module.is_done
        if is_due and self._count:
            found = self._scores(pl_module)
            best = record.note(found["bits"], pl_module.step)
            told = {f"validation_{name}": round(value, 6) for name, value in found.items()}
            self._report({"event": "validation", "step": pl_module.step, **told, "best": best})
            if self._patience is not None and record.in_vain >= self._patience:
                self._report({"event": "early_stop", "step": pl_module.step,
                              "best_step": record.best_step})  # fmt: skip
                trainer.should_stop = True

    def _scores(self, module: NextSample) -> dict[str, float]:
        """The mean scores over all held-out crops."""
        network = module.average.module
        table = torch.zeros(self._count, 1 + len(SCORES), dtype=torch.float64)
        with torch.no_grad():
            for row, batch in zip(table[self._ranks.rank :: self._ranks.count], self._batches,
                                  strict=True):  # fmt: skip
                here = {name: values.to(module.device) for name, values in batch.items()}
                size, found = len(here["targets"]), scores(network, here)
                row[0] = size
                for column, name in enumerate(SCORES, 1):
                    row[column] = size * float(found[name])
        crops, *totals = (sum(column) for column in self._ranks.sum(table).T.tolist())
        return {name: total / crops for name, total in zip(SCORES, totals, strict=True)}


class StopByClock(Callback):
    """Ends the run when its minutes are over."""

    def on_train_batch_end(self, trainer: Trainer, pl_module: Any, *_: Any, **__: Any) -> None:
        """Look at the clock after each step."""
        if pl_module.progress >= 1.0:
            trainer.should_stop = True
