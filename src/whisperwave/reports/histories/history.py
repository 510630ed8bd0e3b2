"""The history of a training run: curves by step, and the places where it was started again.

A run that is started again from an older checkpoint goes over some steps twice. What counts is the
last time: the values of an earlier time that lie at or after the step gone back to are dropped and
counted, as the weights they belong to are gone.
"""

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

Kind = Literal["crash", "machine", "rollback"]
"""A start after a crash or a pause, on another machine, or from older weights after a fault."""

LOSS = "loss"
VALIDATION = "validation_loss"
SECONDS = "seconds_per_step"
RATE = "learning_rate"
ACCURACY = "accuracy"
VALIDATION_ACCURACY = "validation_accuracy"
SERIES = (LOSS, VALIDATION, SECONDS, RATE, ACCURACY, VALIDATION_ACCURACY)


@dataclass(frozen=True, eq=False)
class Series:
    """Values [n] at steps [n], in rising order of steps; a value may be NaN."""

    steps: Floats
    values: Floats

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def finite(self) -> "Series":
        """Without its NaN and infinite values."""
        kept = np.isfinite(self.values)
        return Series(self.steps[kept], self.values[kept])


NOTHING = Series(np.empty(0), np.empty(0))


@dataclass(frozen=True)
class Restart:
    """The run was started again before ``step``.

    ``how`` says what tells so: the log, a step that went back, the speed, the border between two
    logs, or a person. ``attempts`` counts the starts that were made there; the last of them got on.
    """

    step: int
    kind: Kind
    how: str
    attempts: int = 1


@dataclass(frozen=True, eq=False)
class History:
    """What a run's logs say.

    Args:
        name: of the run.
        unit: of the losses.
        series: by the names of `SERIES`; those that the logs say nothing of are missing.
        restarts: in the order of their steps.
        redone: values that were dropped, as a later start went over their steps again.
        generation_seconds: how long each generated sound took, in the order of the log.
        class_minutes: of training sound.
        lines: how many were read, empty ones left out.
        unread: how many of them said nothing that is known.
        examples: the first of those, with file and line number.
    """

    name: str
    unit: str
    series: Mapping[str, Series]
    restarts: tuple[Restart, ...] = ()
    redone: int = 0
    generation_seconds: tuple[float, ...] = ()
    class_minutes: Mapping[str, float] = field(default_factory=dict)
    lines: int = 0
    unread: int = 0
    examples: tuple[str, ...] = ()

    def of(self, name: str) -> Series:
        """One of the series; an empty one where the logs say nothing of it."""
        return self.series.get(name, NOTHING)


_WEIGHTS = {"crash": 0, "rollback": 1, "machine": 2}


class Recorder:
    """Takes what a log says, in its order, and makes the history of it."""

    def __init__(self) -> None:
        self._points: dict[str, list[tuple[int, float]]] = defaultdict(list)
        self._restarts: list[Restart] = []
        self._pending: Restart | None = None
        self._last = -1
        self.unit = "loss"
        self.redone = 0
        self.class_minutes: dict[str, float] = {}
        self.generation_seconds: list[float] = []

    @property
    def first_step(self) -> float:
        """The least step that was told of; infinite if none was."""
        return min((p[0] for points in self._points.values() for p in points), default=math.inf)

    def generated(self, seconds: float) -> None:
        """Note how long it took to generate a sound."""
        self.generation_seconds.append(seconds)

    def started_again(self, kind: Kind, how: str, attempts: int = 1) -> None:
        """Note a new start, before the next step whatever that is.

        Several in a row are one, of the kind that says most; 0 attempts say more of the others.
        """
        said = Restart(0, kind, how, attempts)
        before = self._pending
        if before:
            stronger = max(before, said, key=lambda each: _WEIGHTS[each.kind])
            said = replace(stronger, attempts=before.attempts + attempts)
        self._pending = said

    def values(self, step: int, values: Mapping[str, float]) -> None:
        """Note values of a step, by the names of their series."""
        if step < self._last or (self._pending and step == self._last):
            self._go_back(step)
        elif self._pending:
            self._note(step)
        self._last = step
        for name, value in values.items():
            self._points[name].append((step, value))

    def series(self) -> dict[str, Series]:
        """Every series that has a value; of several of one step the last."""
        return {name: _series(points) for name, points in self._points.items() if points}

    def restarts(self) -> tuple[Restart, ...]:
        """Where the run was started again; a start that no step came after is at the last step."""
        if self._pending:
            self._note(max(self._last, 0))
        return tuple(sorted(self._restarts, key=lambda each: each.step))

    def _go_back(self, step: int) -> None:
        if self._pending is None:
            self.started_again("crash", "the step went back")
        self._note(step)
        for name, points in self._points.items():
            kept = [point for point in points if point[0] < step]
            self.redone += len(points) - len(kept)
            self._points[name] = kept

    def _note(self, step: int) -> None:
        if self._pending:
            attempts = max(self._pending.attempts, 1)
            self._restarts.append(replace(self._pending, step=step, attempts=attempts))
        self._pending = None


def _series(points: list[tuple[int, float]]) -> Series:
    latest = dict(points)
    return Series(np.array(list(latest), np.float64), np.array(list(latest.values()), np.float64))
