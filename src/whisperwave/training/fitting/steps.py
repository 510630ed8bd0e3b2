"""The steps of a run, by Lightning; a step that is not finite is undone and tried again."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from lightning.pytorch import Callback, Trainer

from whisperwave.errors import DivergedError, TrainingError
from whisperwave.library import durable
from whisperwave.training.artefacts import checkpoints
from whisperwave.training.artefacts.checkpointing import Checkpointer, restore
from whisperwave.training.artefacts.journal import Report
from whisperwave.training.artefacts.place import RunPlace
from whisperwave.training.artefacts.previews import Previewer
from whisperwave.training.fitting.callbacks import Reporter, StopByClock, Validation
from whisperwave.training.fitting.interruption import Interruption
from whisperwave.training.fitting.quiet import quiet
from whisperwave.training.learning.autoregressive import NextSample
from whisperwave.training.learning.guard import NotFinite
from whisperwave.training.material.feeding import Batch, Feed
from whisperwave.training.material.preparation import Prepared
from whisperwave.training.processes.ranks import Ranks
from whisperwave.training.processes.shares import Share, batches_of
from whisperwave.training.settings.trainer import PRECISIONS

VALIDATION_SEED = 1_000_003  # held-out crops are the same for every run, whatever its seed


@dataclass(frozen=True)
class Fitting:
    """What the steps need; ``facts`` go into every checkpoint's manifest.

    Several processes take them together: ``ranks`` says which of them this is.
    """

    module: NextSample
    prepared: Prepared
    place: RunPlace
    journal: Report
    facts: Mapping[str, Any]
    accelerator: str
    ranks: Ranks


def fit(fitting: Fitting) -> bool:
    """Take the steps that are left; returns False when the run was asked to stop.

    A step whose loss or gradient is not finite is not taken: the run goes back to its last
    checkpoint, once as it was, then with half the learning rate each time.

    Raises:
        DivergedError: ``DIVERGED``, when going back has not helped.
    """
    rollbacks = _Rollbacks(fitting)
    with quiet(), Interruption(fitting.ranks) as interruption:
        while not fitting.module.is_done and not interruption.agree():
            trainer = _trainer(fitting, interruption)
            try:
                trainer.fit(fitting.module, _training(fitting))
                break
            except NotFinite as trouble:
                rollbacks.go_back(trouble)
        return not interruption.agreed


class _Rollbacks:
    """Goes back to the last checkpoint, a bounded number of times to each."""

    def __init__(self, fitting: Fitting) -> None:
        self._fitting = fitting
        self._step = -1
        self._count = 0

    def go_back(self, trouble: NotFinite) -> None:
        fitting = self._fitting
        settings = fitting.prepared.settings.trainer
        memory = fitting.ranks.told(
            lambda: checkpoints.latest(fitting.place.checkpoints, lambda _: None)
        )
        if memory is None:
            raise TrainingError("NO_VALID_CHECKPOINT", "There is no checkpoint to go back to.",
                                "Begin the run anew.") from trouble  # fmt: skip
        self._count = self._count + 1 if memory.step == self._step else 1
        self._step = memory.step
        path = self._describe(trouble)
        if self._count > settings.retries:
            raise DivergedError(
                "DIVERGED",
                f"Step {trouble.facts['step']} is not finite, after {settings.retries} returns to "
                f"step {memory.step}; what was found is in {path!r}.",
                "Lower trainer.learning_rate, or look at the sounds of that batch.",
            ) from trouble
        restore(fitting.module, memory)
        fitting.module.rate_scale *= 0.5 ** (self._count - 1)
        fitting.journal(
            {
                "event": "rolled_back",
                "step": trouble.facts["step"],
                "to": memory.step,
                "rate_scale": fitting.module.rate_scale,
                "found": path,
            }
        )

    def _describe(self, trouble: NotFinite) -> str:
        """Write down what was found, with the numbers of the batch's crops."""
        fitting, step = self._fitting, int(trouble.facts["step"])
        settings = fitting.prepared.settings.trainer
        size = settings.batch_size
        found = trouble.facts | {
            "crops": list(range(step * size, (step + 1) * size)),
            "seed": settings.seed,
        }
        path = fitting.place.troubles / f"step-{step:07d}.json"
        if fitting.ranks.is_first:
            path.parent.mkdir(exist_ok=True)
            durable.write_bytes(path, json.dumps(found, indent=1).encode())
        return str(path)


def _trainer(fitting: Fitting, interruption: Interruption) -> Trainer:
    settings, ranks = fitting.prepared.settings.trainer, fitting.ranks
    own = [ranks.launch.local_rank] if fitting.accelerator == "cuda" else 1
    return Trainer(
        accelerator=fitting.accelerator,
        devices=own,
        plugins=[LightningEnvironment()],  # it trains one process; `Ranks` knows of the others
        precision=PRECISIONS[settings.precision],
        max_steps=settings.last_step - fitting.module.step,
        max_epochs=-1,
        limit_val_batches=0,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=fitting.place.folder,
        callbacks=[*_callbacks(fitting), interruption],
    )


def _callbacks(fitting: Fitting) -> Iterator[Callback]:
    """What happens around each step, in this order; the first of several processes also listens."""
    prepared, journal, ranks = fitting.prepared, fitting.journal, fitting.ranks
    settings = prepared.settings.trainer
    yield Reporter(settings, settings.batch_size * prepared.settings.data.crop, journal)
    yield Validation(_held_out(fitting), settings, journal, ranks)
    if ranks.is_first:
        yield Previewer(fitting.place, prepared, journal)
    yield Checkpointer(fitting.place, prepared, lambda: dict(fitting.facts), journal, ranks)
    yield StopByClock()


def _training(fitting: Fitting) -> Feed:
    """This process's part of every batch that is left."""
    settings, ranks = fitting.prepared.settings.trainer, fitting.ranks
    size = settings.batch_size
    numbers = range(fitting.module.step * size, settings.last_step * size)
    share = Share(numbers, size, ranks.rank, ranks.count)
    crops = fitting.prepared.crops("train", share, settings.seed)
    return Feed(crops, size // ranks.count, settings.workers, fitting.journal)


def _held_out(fitting: Fitting) -> list[Batch]:
    """This process's batches of held-out crops, made once; none where no sound is kept aside."""
    prepared, ranks = fitting.prepared, fitting.ranks
    if not prepared.sounds.of("validation"):
        return []
    settings = prepared.settings.trainer
    size, numbers = settings.batch_size, range(settings.validation_crops)
    own = batches_of(numbers, size, ranks.rank, ranks.count)
    crops = prepared.crops("validation", own, VALIDATION_SEED)
    return list(Feed(crops, size, 0, fitting.journal))
