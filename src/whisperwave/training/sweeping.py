"""Several runs with settings that vary, here or on a cluster; one that fails stops no other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whisperwave.errors import ConfigError, TrainingError, WhisperwaveError
from whisperwave.training import launching
from whisperwave.training.artefacts.journal import Report
from whisperwave.training.artefacts.place import RunPlace
from whisperwave.training.processes.launched import check_alone
from whisperwave.training.running import train
from whisperwave.training.settings import hydra_app
from whisperwave.training.settings.run import RunSettings
from whisperwave.workers import Needs, Workers

_NEED_NO_GPU = ("cpu", "mps")


@dataclass(frozen=True)
class Trial:
    """One run of a sweep: its settings, its folder, and in which words it differs from others."""

    values: dict[str, Any]
    place: Path
    words: str

    def needs(self, folder: Path) -> Needs:
        """The sounds; a core for each thread that is named, and maybe a graphics processor."""
        return Needs(
            reads=(folder.absolute(),),
            cores=self.values["trainer"]["threads"] or 1,
            gpu=self.values["accelerator"] not in _NEED_NO_GPU,
        )


@dataclass(frozen=True)
class Training:
    """Trains on a folder of sounds; ``report`` is given the events as they come."""

    folder: Path
    report: Report

    def __call__(self, trial: Trial) -> Iterator[tuple[Trial, dict[str, Any]]]:
        """Train once; the run is given with its last event, or why it failed."""
        last: dict[str, Any] = {}

        def hear(event: dict[str, Any]) -> None:
            nonlocal last
            last = event
            self.report(event)

        try:
            settings = RunSettings.from_mapping(trial.values)
            train(self.folder, settings, RunPlace(trial.place, settings.name), hear)
        except WhisperwaveError as error:
            last = {"event": "failed", "folder": str(trial.place), **error.as_mapping()}
        yield trial, last


def sweep(
    folder: Path, overrides: Sequence[str], report: Report, workers: Workers | None = None
) -> None:
    """Train once for every combination of ``key=one,another``.

    The same sweep again goes on with the runs that have not ended.

    Args:
        folder: of sounds.
        overrides: Hydra's words; commas separate the values to try.
        report: is given each run's events; of those that ``workers`` train, the last alone.
        workers: train several at once; None trains here, one after the other.

    Raises:
        TrainingError: ``SWEEP_FAILED``, some runs did, when all have been tried.
        ConfigError: ``BAD_OVERRIDE``; ``ONE_PROCESS``, torchrun has started several;
            ``TWO_PLACES``, a launcher and workers are both named.
        WorkerError: those who train cannot go on.
    """
    check_alone("--multirun")
    if launching.is_asked(overrides):
        _check_one_place(workers)
        jobs = launching.launch(folder, overrides, report)
        _conclude(report, len(jobs), [f"{job.words} ({why})" for job, why in jobs if why])
        return
    sweep = _Sweep(folder, report, workers)
    hydra_app.enter(["--multirun", *overrides], sweep.add)
    sweep.finish()


class _Sweep:
    """The runs so far, and which of them have failed."""

    def __init__(self, folder: Path, report: Report, workers: Workers | None) -> None:
        self._folder, self._report, self._workers = folder, report, workers
        self._trials: list[Trial] = []
        self._failed: list[str] = []

    def add(self, values: dict[str, Any], place: Path, words: list[str]) -> None:
        """Train once more, or leave it to the workers."""
        trial = Trial(values, place, " ".join(words))
        self._trials.append(trial)
        told = {"event": "run", "number": len(self._trials), "folder": str(place)}
        self._report(told | {"settings": trial.words})
        if self._workers is None:
            for _, last in Training(self._folder, self._report)(trial):
                self._note(trial, last)

    def finish(self) -> None:
        """Have the workers train what was left to them, and say how all runs ended."""
        if self._workers is not None:
            for trial, last in self._trained_by(self._workers):
                if last["event"] != "failed":
                    self._report(last)
                self._note(trial, last)
        _conclude(self._report, len(self._trials), self._failed)

    def _trained_by(self, workers: Workers) -> Iterator[tuple[Trial, dict[str, Any]]]:
        place, folder = self._trials[0].place.parent, self._folder
        training = Training(folder, _unheard)
        return workers.do(training, self._trials, place, lambda trial: trial.needs(folder))

    def _note(self, trial: Trial, last: dict[str, Any]) -> None:
        if last["event"] == "failed":
            self._report(last)
            self._failed.append(f"{trial.words} ({last['code']})")
        if last["event"] == "stopped":
            raise KeyboardInterrupt


def _check_one_place(workers: Workers | None) -> None:
    if workers is not None:
        raise ConfigError(
            "TWO_PLACES", f"{launching.CHOICE}… and a cluster are both asked for.",
            "Say hydra/launcher=… or --cluster.",
        )  # fmt: skip


def _conclude(report: Report, count: int, failed: Sequence[str]) -> None:
    """Say how all runs ended."""
    report({"event": "swept", "runs": count, "failed": len(failed)})
    if failed:
        raise TrainingError(
            "SWEEP_FAILED", f"{len(failed)} of {count} runs failed: {', '.join(failed)}.",
            "The others are done; the same command tries these again.",
        )  # fmt: skip


def _unheard(_event: dict[str, Any]) -> None:
    """A run tells its log; nobody listens beside it."""


def show_config(overrides: Sequence[str], kind: str) -> None:
    """Print the composed settings as YAML, or Hydra's own (``job``, ``hydra``, ``all``)."""
    hydra_app.enter(["--cfg", kind, *overrides], lambda *_: None)
