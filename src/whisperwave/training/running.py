"""From a folder of sounds to a verified model file: one run, start to end."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import seed_everything

import whisperwave
from whisperwave import modelfile, registry
from whisperwave.errors import TrainingError
from whisperwave.library import durable
from whisperwave.training.artefacts import checkpoints, place
from whisperwave.training.artefacts.checkpointing import MODEL, is_out_of_memory, restore
from whisperwave.training.artefacts.checkpoints import Checkpoint
from whisperwave.training.artefacts.export import export
from whisperwave.training.artefacts.holding import hold
from whisperwave.training.artefacts.journal import Aside, Journal, Report, read
from whisperwave.training.artefacts.place import RunPlace
from whisperwave.training.artefacts.tracking import NONE, Telling, open_tracker
from whisperwave.training.fitting import memory_estimate
from whisperwave.training.fitting.overfitting import overfit
from whisperwave.training.fitting.steps import Fitting, fit
from whisperwave.training.learning.autoregressive import NextSample
from whisperwave.training.learning.warm_start import read_warm_start
from whisperwave.training.material.feeding import Feed
from whisperwave.training.material.preparation import Prepared
from whisperwave.training.processes import accelerators, machine
from whisperwave.training.processes.ranks import ALONE, Ranks, gathered
from whisperwave.training.settings.changes import changes, flat, gone_on
from whisperwave.training.settings.hydra_app import compose
from whisperwave.training.settings.run import RunSettings

_ENDS = ("stopped", "done")


def run(
    folder: Path,
    overrides: Sequence[str],
    report: Report,
    *,
    accept_changed_data: bool = False,
    restarted_after: str | None = None,
) -> Path | None:
    """Train on every sound under ``folder`` and write the model file.

    A run folder that holds checkpoints is gone on with; a new one starts from random weights, or
    from ``warm_start``. Where torchrun has started several processes, all take part, and the first
    writes and speaks.

    Args:
        folder: sounds, in sub-folders by group where there are several.
        overrides: Hydra's ``key=value`` words, for example ``model=wavenet/asmr``.
        report: is given each line of figures.
        accept_changed_data: go on although the sounds are not those that the run began with.
        restarted_after: why the run is started again, where somebody watches it.

    Returns:
        The model file, ``<run folder>/<name>.safetensors``; None for a run that was asked to stop
        (Ctrl-C, SIGTERM) and can go on.

    Raises:
        WhisperwaveError: the run cannot begin, or not go on; what it has kept stays.
    """
    settings = RunSettings.from_mapping(compose(overrides))
    with gathered(settings) as ranks:
        return train(
            folder,
            settings,
            ranks.told(lambda: place.find(settings)),
            report,
            ranks=ranks,
            accept_changed_data=accept_changed_data,
            restarted_after=restarted_after,
        )


def train(
    folder: Path,
    settings: RunSettings,
    where: RunPlace,
    report: Report,
    ranks: Ranks = ALONE,
    **options: Any,
) -> Path | None:
    """Train in a folder that nobody else trains in; arguments and the rest are as in `run`."""
    with _held(where, ranks):
        return Run(folder, settings, where, report, ranks, **options).go()


@contextmanager
def _held(where: RunPlace, ranks: Ranks) -> Iterator[None]:
    """Hold the folder and tidy it; of several processes that is the first's to do."""
    if not ranks.is_first:
        yield
        return
    with hold(where.folder):
        checkpoints.sweep(where.checkpoints)
        durable.sweep(where.folder)
        yield


class Run:
    """One run in a folder that nobody else trains in.

    Args:
        folder: of sounds.
        settings: as composed.
        where: the run lies.
        report: is given each line of figures, beside the run's own log.
        ranks: who else takes part.
        accept_changed_data: go on with other sounds than the run began with.
        restarted_after: why it is started again, where that is known.
    """

    def __init__(
        self,
        folder: Path,
        settings: RunSettings,
        where: RunPlace,
        report: Report,
        ranks: Ranks = ALONE,
        *,
        accept_changed_data: bool = False,
        restarted_after: str | None = None,
    ) -> None:
        self._folder = folder
        self._settings = settings
        self._where = where
        self._accepts_changed_data = accept_changed_data
        self._ended = restarted_after or _how_it_ended(where.log)
        self._ranks = ranks
        self._journal: Journal | Aside = (
            Journal(where.log, [report]) if ranks.is_first else Aside(report, ranks.rank)
        )
        self._facts: dict[str, Any] = {}
        self._task = registry.find("training.tasks", str(settings.task["name"]))

    def go(self) -> Path | None:
        """Begin or go on, to the model file; None when asked to stop, and for a self-test."""
        self._track()
        memory = self._ranks.told(lambda: checkpoints.latest(self._where.checkpoints, self._warn))
        if memory is not None:
            self._settings = gone_on(self._settings, memory.facts["settings"])
        accelerator = self._settle(memory)
        seed_everything(self._settings.trainer.seed, verbose=False)
        module, prepared = self._ready(memory)
        self._agree()
        if self._settings.overfit:
            self._test(module, prepared)
            return None
        self._check_memory(module, prepared, accelerator)
        if not self._fit(Fitting(module, prepared, self._where, self._journal, self._facts,
                                 accelerator, self._ranks)):  # fmt: skip
            return None
        return self._export(module, prepared) if self._ranks.is_first else self._where.model

    def _agree(self) -> None:
        """See that all processes have begun alike; the first writes down how."""
        settings, here = self._settings.as_mapping(), self._facts["machine"]
        same = {name: value for name, value in here.items() if name != "host"}
        self._ranks.check_agreed({"data": self._facts["data"], **same, **flat(settings)})
        if self._ranks.is_first:
            durable.write_bytes(
                self._where.folder / "settings.json", json.dumps(settings, indent=1).encode()
            )

    def _track(self) -> None:
        """Tell the run to the tracker that is named, if one is."""
        tracker = self._settings.tracker
        if tracker.name != NONE and isinstance(self._journal, Journal):
            opened = open_tracker(tracker, self._settings.as_mapping(), self._where)
            self._journal.listen(Telling(opened, self._journal))

    def _fit(self, fitting: Fitting) -> bool:
        """Take the steps; returns False when asked to stop."""
        try:
            ended = fit(fitting)
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            raise self._out_of_memory() from error
        if not ended:
            self._journal({"event": "stopped", "step": fitting.module.step,
                           "folder": str(self._where.folder)})  # fmt: skip
        return ended

    def _export(self, module: NextSample, prepared: Prepared) -> Path:
        """Write the model file: the last averaged weights, or with ``patience`` the best."""
        path, step = self._where.model, module.step
        best = checkpoints.best(self._where.checkpoints)
        if self._settings.trainer.patience is not None and best is not None:
            checkpoint = checkpoints.load(best)
            step = checkpoint.step
            durable.write_bytes(path, checkpoint.files[MODEL])
            modelfile.verify(path)
        else:
            export(module, prepared, path)
        seconds = round(module.seconds, 1)
        self._journal({"event": "done", "step": step, "model": str(path), "seconds": seconds})
        return path

    def _test(self, module: NextSample, prepared: Prepared) -> None:
        """Say whether the network can learn one clip.

        Raises:
            TrainingError: ``CANNOT_LEARN``.
        """
        found = overfit(module, prepared, self._journal)
        if not found.learns:
            raise TrainingError(
                "CANNOT_LEARN",
                f"After {found.steps} steps on one clip a sample takes {found.bits_after:.2f} "
                f"bits; its histogram alone needs {found.histogram_bits:.2f}.",
                "Try another trainer.learning_rate or a larger model; if nothing helps, the model "
                "is broken.",
            )

    def _check_memory(self, module: NextSample, prepared: Prepared, accelerator: str) -> None:
        """Say what a step will need, and refuse one that will not fit."""
        size = self._settings.trainer.batch_size // self._ranks.count
        (batch,) = Feed(prepared.crops("train", range(1), 0), 1, 0, self._journal)
        needed, free = (
            memory_estimate.estimate(module, batch),
            memory_estimate.available(accelerator),
        )
        megabytes = needed.of(size) / 2**20
        told = {"event": "memory", "step_megabytes": round(megabytes)}
        self._journal(told | {"free_megabytes": None if free is None else round(free / 2**20)})
        if free is not None and accelerator == "cpu":
            free //= self._ranks.launch.local_count
        if self._settings.trainer.check_memory:
            memory_estimate.check(needed, size, free)

    def _settle(self, memory: Checkpoint | None) -> str:
        """Threads and device, with a word on everything that is not as before or as asked."""
        then = memory.facts["machine"] if memory else {}
        torch.set_num_threads(self._settings.trainer.threads or self._usual_threads(then))
        launch = self._ranks.launch
        accelerator, why = accelerators.choose(self._settings.accelerator, launch.local_count)
        if accelerator == "cuda":
            torch.cuda.set_device(launch.local_rank)
        if why:
            self._journal({"event": "fallback", "accelerator": accelerator, "reason": why})
        now = machine.describe(accelerator) | {"ranks": self._ranks.count}
        self._facts = {
            "version": whisperwave.__version__,
            "settings": self._settings.as_mapping(),
            "machine": now,
            "breaks": [],
        }
        if memory is not None:
            self._compare(memory, now)
        return accelerator

    def _usual_threads(self, then: Mapping[str, Any]) -> int:
        """As many as before, where as many processes share the batch; else what is fit here."""
        if then.get("ranks", 1) == self._ranks.count and "threads" in then:
            return int(then["threads"])
        if self._ranks.is_alone:
            return torch.get_num_threads()
        return machine.threads_each(self._ranks.launch.local_count)

    def _compare(self, memory: Checkpoint, now: dict[str, Any]) -> None:
        """What is not as it was when the checkpoint was written; all of it is recorded."""
        changed = changes(
            memory.facts["settings"], self._settings.as_mapping(), memory.facts.get("version")
        )
        self._journal(
            {
                "event": "resumed",
                "step": memory.step,
                "after": self._ended,
                "kind": "machine" if now["host"] != memory.facts["machine"]["host"] else "crash",
                "host": now["host"],
                "changed": changed,
            }
        )
        breaks = list(memory.facts["breaks"])
        reasons = machine.differences(memory.facts["machine"], now)
        if reasons:
            breaks.append({"step": memory.step, "reasons": reasons})
            self._journal({"event": "not_bit_exact", "step": memory.step, "reasons": reasons})
        self._facts["breaks"] = breaks

    def _ready(self, memory: Checkpoint | None) -> tuple[NextSample, Prepared]:
        """The network with what it remembers, and what it will hear."""
        settings = self._settings
        start = read_warm_start(settings.warm_start) if settings.warm_start else None
        style = start.style if start else None
        network, prepared = self._task.prepare(self._folder, settings, style)
        self._describe(prepared)
        self._facts["data"] = prepared.sounds.digest
        module: NextSample = self._task.build(network, settings.trainer)
        module.ranks = self._ranks
        if memory is not None:
            self._check_data(memory)
            restore(module, memory)
        elif start is not None:
            fresh = module.start_from(start.weights)
            self._journal({"event": "warm_start", "fresh": fresh})
        return module, prepared

    def _check_data(self, memory: Checkpoint) -> None:
        """Refuse sounds that are not those learnt so far, unless that was accepted.

        Raises:
            TrainingError: ``DATA_CHANGED``.
        """
        then, now = memory.facts["data"], self._facts["data"]
        if then == now:
            return
        if not self._accepts_changed_data:
            raise TrainingError(
                "DATA_CHANGED",
                f"The sounds in {str(self._folder)!r} are not those that the run began with "
                f"(digest {then[:12]} then, {now[:12]} now).",
                "Give it the old ones, begin another run with name=…, or go on with "
                "--accept-changed-data, which is recorded.",
            )
        reason = f"data {then[:12]} then, {now[:12]} now"
        self._facts["breaks"].append({"step": memory.step, "reasons": [reason]})
        self._journal({"event": "data_changed", "step": memory.step, "before": then, "now": now})

    def _describe(self, prepared: Prepared) -> None:
        sounds = prepared.sounds
        for refusal in sounds.refused:
            told = {"event": "refused", "file": refusal.name}
            self._journal(told | refusal.error.as_mapping())
        self._journal(
            {
                "event": "prepared",
                "folder": str(self._where.folder),
                "host": self._facts["machine"]["host"],
                "files": len(sounds.excerpts),
                "refused": len(sounds.refused),
                **self._task.describe(prepared),
                "receptive_field": prepared.signature.receptive_field,
            }
        )

    def _warn(self, error: TrainingError) -> None:
        self._journal({"event": "passed_over", **error.as_mapping()})

    def _out_of_memory(self) -> TrainingError:
        trainer, crop = self._settings.trainer, self._settings.data.crop
        return TrainingError(
            "OUT_OF_MEMORY",
            f"A step of {trainer.batch_size} crops of {crop} targets did not fit into the memory.",
            f"Halve trainer.batch_size (to {max(1, trainer.batch_size // 2)}) or data.crop "
            f"(to {max(1, crop // 2)}) in a new run; what this one has learned is kept.",
        )


def _how_it_ended(log: Path) -> str:
    """Whether a run has told its end, or was ended in the middle of its work."""
    events = read(log)
    return events[-1]["event"] if events and events[-1]["event"] in _ENDS else "crash"
