"""MLflow, by its client alone: a database file beside the runs, or any of its addresses."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from whisperwave.training.artefacts.tracking import TrackedRun

NEEDS = ("mlflow", "sqlalchemy", "alembic")
INSTALL = '"whisperwave[track]"'

DATABASE = "sqlite:///runs/mlflow.db"
_FILES = Path("runs") / "mlflow-files"
_MARK = "mlflow.run"  # in the run's folder: the run's name there, to go on with
_LONGEST = 500  # letters of a parameter
_AT_ONCE = 100  # parameters

_SILENCED = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}


def open_tracker(run: TrackedRun) -> "MlflowTracker":
    """Begin a run there, or go on with the one that this run was before."""
    os.environ.update(_SILENCED)  # read when it is imported: nothing is told to its makers
    return MlflowTracker(run)


class MlflowTracker:
    """One run in an experiment."""

    def __init__(self, run: TrackedRun) -> None:
        from mlflow import MlflowClient  # noqa: PLC0415 # not before it is silenced
        from mlflow.entities import Metric, Param  # noqa: PLC0415 # as above

        self._metric = Metric
        if run.uri is None:
            Path("runs").mkdir(exist_ok=True)
        self._client: Any = MlflowClient(tracking_uri=run.uri or DATABASE)
        mark = run.place.folder / _MARK
        if mark.exists():
            self._id = mark.read_text(encoding="utf-8")
            self._client.update_run(self._id, status="RUNNING")
            return
        created = self._client.create_run(
            self._experiment(run), run_name=run.place.name,
            tags={"folder": str(run.place.folder)},
        )  # fmt: skip
        self._id = created.info.run_id
        mark.write_text(self._id, encoding="utf-8")
        told = [Param(name, str(value)[:_LONGEST]) for name, value in run.settings.items()]
        for first in range(0, len(told), _AT_ONCE):
            self._client.log_batch(self._id, params=told[first : first + _AT_ONCE])

    def figures(self, step: int, values: Mapping[str, float]) -> None:
        """Note the figures of a step; the time is that of the note."""
        metrics = [self._metric(name, value, 0, step) for name, value in values.items()]
        self._client.log_batch(self._id, metrics=metrics)

    def file(self, step: int, path: Path) -> None:  # noqa: ARG002 # a file's name says its step
        """Copy a file to where the experiment keeps them."""
        self._client.log_artifact(self._id, str(path))

    def close(self) -> None:
        """Note the end."""
        self._client.set_terminated(self._id)

    def _experiment(self, run: TrackedRun) -> str:
        found = self._client.get_experiment_by_name(run.experiment)
        if found is not None:
            return str(found.experiment_id)
        place = None if run.uri else _FILES.resolve().as_uri()
        return str(self._client.create_experiment(run.experiment, artifact_location=place))
