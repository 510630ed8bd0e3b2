"""Runs as jobs on other machines, by a launcher of Hydra's: ``hydra/launcher=slurm``.

A job trains one run. Several tasks of a job train it together, as processes of torchrun do. A job
whose time is nearly over keeps a checkpoint, is queued again, and goes on.
"""

import importlib.util
import json
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from whisperwave.errors import TrainingError, WhisperwaveError
from whisperwave.training.artefacts.journal import Journal, Report, read
from whisperwave.training.artefacts.place import RunPlace
from whisperwave.training.processes.launched import launched
from whisperwave.training.processes.ranks import gathered
from whisperwave.training.running import train
from whisperwave.training.settings import hydra_app
from whisperwave.training.settings.run import RunSettings

CHOICE = "hydra/launcher="
_OPTIONS = (CHOICE, "hydra.launcher.")
_PLUGIN = "hydra_plugins.hydra_submitit_launcher"


@dataclass(frozen=True)
class Job:
    """One run: its folder, and the words in which it differs from the others."""

    place: Path
    words: str

    def ended(self) -> str:
        """Nothing where its model file is written, else what its log says last."""
        events = read(self.place / "log.jsonl")
        last = events[-1] if events else {"event": "not begun"}
        return "" if last["event"] == "done" else str(last.get("code", last["event"]))


def is_asked(overrides: Sequence[str]) -> bool:
    """Whether a launcher is named."""
    return any(word.startswith(CHOICE) for word in overrides)


def launch(folder: Path, overrides: Sequence[str], report: Report) -> list[tuple[Job, str]]:
    """Train once for every combination, each as a job, and wait for all.

    Args:
        folder: of sounds, where every machine finds it.
        overrides: Hydra's words, with the launcher and its options among them.
        report: is told which runs there are.

    Returns:
        Every job, with the reason if it has no model file.

    Raises:
        TrainingError: ``NO_LAUNCHER``, the extra is not installed; ``NO_SLURM``.
        ConfigError: ``BAD_OVERRIDE``.
    """
    if importlib.util.find_spec(_PLUGIN) is None:
        raise TrainingError(
            "NO_LAUNCHER", "hydra-submitit-launcher is not installed here.",
            'Run: pip install "whisperwave[cluster]"',
        )  # fmt: skip
    jobs = _planned([word for word in overrides if not word.startswith(_OPTIONS)])
    for number, job in enumerate(jobs, 1):
        told = {"event": "run", "number": number, "folder": str(job.place)}
        report(told | {"settings": job.words})
    # A job begins when its turn comes, maybe tomorrow; its folder is that of today.
    sweep = f"hydra.sweep.dir={json.dumps(str(jobs[0].place.parent))}"
    try:
        hydra_app.enter(["--multirun", *overrides, sweep], partial(_train, folder.absolute()))
    except RuntimeError as error:  # of submitit: a job was lost, or there is no SLURM
        if not any(job.place.joinpath("log.jsonl").exists() for job in jobs):
            raise TrainingError(
                "NO_SLURM", f"no job could be started: {str(error).splitlines()[0]}",
                "Run it where sbatch and srun are found.",
            ) from error  # fmt: skip
    return [(job, job.ended()) for job in jobs]


def _planned(words: Sequence[str]) -> list[Job]:
    """The runs of a sweep, none of them begun."""
    jobs: list[Job] = []
    hydra_app.enter(
        ["--multirun", *words],
        lambda _, place, own: jobs.append(Job(place.absolute(), " ".join(own))),
    )
    return jobs


def _train(folder: Path, values: dict[str, Any], place: Path, _words: list[str]) -> None:
    """What a job does; an error is its last event."""
    _learn_rank()
    try:
        settings = RunSettings.from_mapping(values)
        where = RunPlace(place, settings.name)
        requeue = _Requeue()
        with gathered(settings) as ranks:
            ended = train(folder, settings, where, _say, ranks)
        if ended is None:
            requeue.if_asked()
    except WhisperwaveError as error:
        if launched().rank == 0:
            Journal(place / "log.jsonl", [_say])({"event": "failed", **error.as_mapping()})


class _Requeue:
    """Stops the run before the job's time is over, then lets the launcher queue it again.

    The launcher itself would leave the run in the middle of a step.
    """

    def __init__(self) -> None:
        self._asked = False
        self._launcher = signal.signal(signal.SIGUSR2, self._ask)

    def if_asked(self) -> None:
        """Queue the job again, if that was asked."""
        if self._asked and callable(self._launcher):
            self._launcher(signal.SIGUSR2, None)

    def _ask(self, _signal: int, _frame: FrameType | None) -> None:
        self._asked = True
        os.kill(os.getpid(), signal.SIGTERM)


def _learn_rank() -> None:
    """Let this process know who it is, where the launcher has started several for one run."""
    import submitit  # noqa: PLC0415 # of an extra, and only where a job runs

    if submitit.JobEnvironment().num_tasks > 1:
        submitit.helpers.TorchDistributedEnvironment().export(set_cuda_visible_devices=False)


def _say(event: dict[str, Any]) -> None:
    """Into the job's own output."""
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()
