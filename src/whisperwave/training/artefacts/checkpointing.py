"""When a run keeps its memory, and what it does when the disk refuses."""

import io
import time
from collections.abc import Callable, Mapping
from typing import Any

import torch
from lightning.pytorch import Callback, Trainer

from whisperwave import modelfile
from whisperwave.errors import OutputError, TrainingError
from whisperwave.library import durable
from whisperwave.training.artefacts import checkpoints
from whisperwave.training.artefacts.checkpoints import Checkpoint
from whisperwave.training.artefacts.export import describe
from whisperwave.training.artefacts.journal import Report
from whisperwave.training.artefacts.place import RunPlace
from whisperwave.training.learning.autoregressive import NextSample
from whisperwave.training.learning.guard import check_weights
from whisperwave.training.material.preparation import Prepared
from whisperwave.training.processes.ranks import Ranks

STATE = "state.pt"
MODEL = "model.safetensors"  # the averaged weights, ready to play
_WAITS = (1.0, 60.0)  # seconds: the first pause after a refusal, and the longest

Facts = Callable[[], dict[str, Any]]


class Checkpointer(Callback):
    """Saves the whole state by steps, minutes and epochs, at the start, the best and the end.

    Of several processes the first saves. The others have the same state, and find at the same steps
    whether it is fit to be kept.

    Args:
        place: of the run.
        prepared: its settings, and what its model files say of the sounds.
        facts: what every manifest says of the run.
        report: is told of each checkpoint, kept or failed.
        ranks: who else has the same state.
    """

    def __init__(
        self,
        place: RunPlace,
        prepared: Prepared,
        facts: Facts,
        report: Report,
        ranks: Ranks,
    ) -> None:
        self._place = place
        self._ranks = ranks
        self._prepared = prepared
        self._settings = prepared.settings.trainer
        self._facts = facts
        self._report = report
        self._saved_step = -1
        self._saved_at = 0.0  # in seconds of the run

    def on_train_start(self, trainer: Trainer, pl_module: Any) -> None:  # noqa: ARG002 # Lightning's signature
        """Keep the start, so that there is always something to go back to."""
        if self._ranks.told(lambda: bool(checkpoints.steps(self._place.checkpoints))):
            self._saved_step = pl_module.step
        else:
            self._save(pl_module)
        self._saved_at = pl_module.seconds

    def on_train_batch_end(self, trainer: Trainer, pl_module: Any, *_: Any, **__: Any) -> None:  # noqa: ARG002 # as above
        """Save when it is time."""
        if self._is_due(pl_module):
            self._save(pl_module)
        every = self._settings.snapshot_steps
        if every is not None and pl_module.step % every == 0 and self._ranks.is_first:
            self._take_snapshot(pl_module)

    def on_train_end(self, trainer: Trainer, pl_module: Any) -> None:  # noqa: ARG002 # as above
        """Save where the run ended, also when it was stopped by hand."""
        if pl_module.step != self._saved_step:
            self._save(pl_module)

    def on_exception(
        self, trainer: Trainer, pl_module: Any, exception: BaseException  # noqa: ARG002 # as above
    ) -> None:  # fmt: skip
        """Where memory ran out, the steps that were taken are whole and worth keeping."""
        if is_out_of_memory(exception) and pl_module.step != self._saved_step:
            self._save(pl_module)

    def _is_due(self, module: NextSample) -> bool:
        settings = self._settings
        minutes, epochs = settings.checkpoint_minutes, settings.checkpoint_epochs
        return (
            module.step % settings.checkpoint_steps == 0
            or (module.record.fresh and module.record.best_step == module.step)
            or (minutes is not None and module.seconds - self._saved_at >= 60.0 * minutes)
            or (epochs is not None and module.step % _steps(self._prepared, epochs) == 0)
        )

    def _save(self, module: NextSample) -> None:
        check_weights(module, module.step)
        self._saved_step, self._saved_at = module.step, module.seconds
        if self._ranks.is_first:
            self._keep(module)

    def _keep(self, module: NextSample) -> None:
        state = io.BytesIO()
        torch.save(module.memory(), state)
        files = {STATE: state.getvalue(), MODEL: _model(module, self._prepared)}
        facts = self._facts() | {
            "seconds": module.seconds,
            "position": module.step * self._settings.batch_size,
            "validation_bits": module.record.last if module.record.fresh else None,
        }
        self._write(module.step, files, facts)
        self._report({"event": "checkpoint", "step": module.step})
        self._prune(module.step)

    def _prune(self, step: int) -> None:
        """Remove old ones; those that the disk does not let go of are told of, and stay."""
        keep, every = self._settings.keep_checkpoints, self._settings.keep_every
        try:
            checkpoints.prune(self._place.checkpoints, keep, every)
        except OutputError as error:
            self._report({"event": "prune_failed", "step": step, "message": error.message})

    def _take_snapshot(self, module: NextSample) -> None:
        """A model file alone; one that cannot be written is told of, and missed."""
        path = self._place.snapshots / f"step-{module.step:07d}.safetensors"
        try:
            path.parent.mkdir(exist_ok=True)
            durable.write_bytes(path, _model(module, self._prepared))
        except (OutputError, OSError) as error:
            self._report({"event": "snapshot_failed", "step": module.step, "message": str(error)})

    def _write(self, step: int, files: Mapping[str, bytes], facts: Mapping[str, Any]) -> None:
        """Try again, each time with new files, with growing pauses until the patience is over."""
        pause, most = _WAITS
        left = 60.0 * self._settings.wait_minutes
        while True:
            try:
                checkpoints.save(self._place.checkpoints, step, files, facts)
            except OutputError as error:
                if left <= 0.0:
                    raise
                wait = min(pause, left)
                told = {"event": "checkpoint_failed", "step": step, **error.as_mapping()}
                self._report(told | {"again_in_seconds": wait})
                time.sleep(wait)
                left, pause = left - wait, min(2.0 * pause, most)
            else:
                return


def restore(module: NextSample, checkpoint: Checkpoint) -> None:
    """Take a run's memory up from one of its checkpoints.

    Raises:
        TrainingError: ``NETWORK_CHANGED``, it is that of a network of another shape.
    """
    file = io.BytesIO(checkpoint.files[STATE])
    state = torch.load(file, weights_only=True, map_location="cpu")
    _check_shapes(state["network"], module.network.state_dict())
    module.remember(state)


def _check_shapes(then: Mapping[str, torch.Tensor], now: Mapping[str, torch.Tensor]) -> None:
    shapes = [{name: tuple(weight.shape) for name, weight in each.items()} for each in (then, now)]
    before, today = shapes
    if before == today:
        return
    name = next(n for n in (*before, *today) if before.get(n) != today.get(n))
    raise TrainingError(
        "NETWORK_CHANGED",
        f"The run has taught a network of another shape: {name} was {before.get(name)}, and is "
        f"{today.get(name)} for these sounds and settings.",
        "Give it as many classes (or symbols) as it began with, or begin another with name=….",
    )


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error means that a step did not fit into the memory."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or (
        isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
    )


def _model(module: NextSample, prepared: Prepared) -> bytes:
    effort = {"steps": module.step, "seconds": round(module.seconds)}
    return modelfile.encode(describe(module.average.module, prepared, effort))


def _steps(prepared: Prepared, epochs: float) -> int:
    """How many steps hear as many targets as there are samples to learn from, so many times."""
    samples = prepared.sounds.minutes("train") * 60.0 * prepared.signature.sample_rate
    heard = prepared.settings.trainer.batch_size * prepared.settings.data.crop
    return max(1, round(epochs * samples / heard))
