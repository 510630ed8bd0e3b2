"""A run told to a tracker: its settings, its figures by step, and the files that it makes.

Whatever goes wrong in a tracker costs the tracker, never the run.
"""

import importlib.util
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from whisperwave import registry
from whisperwave.errors import TrainingError
from whisperwave.training.artefacts.journal import Report
from whisperwave.training.artefacts.place import RunPlace
from whisperwave.training.settings.changes import flat
from whisperwave.training.settings.run import TrackerSettings

NONE = "none"
_NOT_FIGURES = frozenset({"event", "step", "progress", "seconds_left", "best"})
_STEPPED = ("step", "validation")


@dataclass(frozen=True)
class TrackedRun:
    """What a tracker is told of a run at its start; ``settings`` by name, as plain values."""

    settings: Mapping[str, Any]
    experiment: str
    uri: str | None
    place: RunPlace


class Tracker(Protocol):
    """Another place that a run is told to; it goes on with a run that was told to it before."""

    def figures(self, step: int, values: Mapping[str, float]) -> None:
        """Note the figures of a step."""

    def file(self, step: int, path: Path) -> None:
        """Note a file that the run has made: a sound, a picture, the model file."""

    def close(self) -> None:
        """Note that the run has ended or was stopped."""


def open_tracker(settings: TrackerSettings, run: Mapping[str, Any], place: RunPlace) -> Tracker:
    """Open the tracker that the settings name.

    Raises:
        ConfigError: ``UNKNOWN_NAME``.
        TrainingError: ``NO_TRACKER``, its package is not installed, with what to install.
    """
    room = registry.find("training.trackers", settings.name)
    missing = [name for name in room.NEEDS if importlib.util.find_spec(name) is None]
    if missing:
        raise TrainingError(
            "NO_TRACKER",
            f"tracker={settings.name} needs {', '.join(missing)}, not installed here.",
            f"Run: pip install {room.INSTALL}",
        )
    told = TrackedRun(flat(run), settings.experiment, settings.uri, place)
    with _their_insides():
        tracker: Tracker = room.open_tracker(told)
    return tracker


@contextmanager
def _their_insides() -> Iterator[None]:
    """Silence what packages say of each other's age: nobody who trains can do anything about it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


class Telling:
    """Passes the events of a run on to a tracker; to be a listener of its journal."""

    def __init__(self, tracker: Tracker, report: Report) -> None:
        self._tracker: Tracker | None = tracker
        self._report = report

    def __call__(self, event: dict[str, Any]) -> None:
        """Pass one event on; a tracker that fails is told no more."""
        if self._tracker is None:
            return
        try:
            with _their_insides():
                self._tell(self._tracker, event)
        except Exception as error:  # noqa: BLE001 # a stranger's code may raise anything
            self._tracker = None
            self._report({"event": "tracker_lost", "reason": f"{type(error).__name__}: {error}"})

    def _tell(self, tracker: Tracker, event: Mapping[str, Any]) -> None:
        step = int(event.get("step", 0))
        if event["event"] in _STEPPED:
            tracker.figures(step, {k: v for k, v in event.items() if k not in _NOT_FIGURES})
        if event["event"] == "preview":
            for path in event["files"]:
                tracker.file(step, Path(path))
        if event["event"] == "done":
            tracker.file(step, Path(event["model"]))
        if event["event"] in ("done", "stopped"):
            tracker.close()
