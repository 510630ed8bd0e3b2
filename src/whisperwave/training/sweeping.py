"""Several runs with settings that vary, one after the other; one that fails does not stop them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from whisperwave.errors import TrainingError, WhisperwaveError
from whisperwave.training import hydra_app, launching
from whisperwave.training.journal import Report
from whisperwave.training.launched import check_alone
from whisperwave.training.place import RunPlace
from whisperwave.training.running import train
from whisperwave.training.settings import RunSettings


def sweep(folder: Path, overrides: Sequence[str], report: Report) -> None:
    """Train once for every combination of ``key=one,another``.

    The same sweep again goes on with the runs that have not ended.

    Args:
        folder: of sounds.
        overrides: Hydra's words; commas separate the values to try.
        report: is given each run's events.

    Raises:
        TrainingError: ``SWEEP_FAILED``, some runs did, when all have been tried.
        ConfigError: ``BAD_OVERRIDE``; ``ONE_PROCESS``, torchrun has started several.
    """
    check_alone("--multirun")
    failed: list[str] = []
    places: list[Path] = []

    def one(values: dict[str, Any], place: Path, own: list[str]) -> None:
        places.append(place)
        told = {"event": "run", "number": len(places), "folder": str(place)}
        report(told | {"settings": " ".join(own)})
        try:
            settings = RunSettings.from_mapping(values)
            if train(folder, settings, RunPlace(place, settings.name), report) is None:
                raise KeyboardInterrupt
        except WhisperwaveError as error:
            failed.append(f"{' '.join(own)} ({error.code})")
            report({"event": "failed", "folder": str(place), **error.as_mapping()})

    if any(word.startswith(launching.CHOICE) for word in overrides):
        for job, why in launching.launch(folder, overrides, report):
            places.append(job.place)
            failed += [f"{job.words} ({why})"] if why else []
    else:
        hydra_app.enter(["--multirun", *overrides], one)
    report({"event": "swept", "runs": len(places), "failed": len(failed)})
    if failed:
        raise TrainingError(
            "SWEEP_FAILED", f"{len(failed)} of {len(places)} runs failed: {', '.join(failed)}.",
            "The others are done; the same command tries these again.",
        )  # fmt: skip


def show_config(overrides: Sequence[str], kind: str) -> None:
    """Print the composed settings as YAML, or Hydra's own (``job``, ``hydra``, ``all``)."""
    hydra_app.enter(["--cfg", kind, *overrides], lambda *_: None)
