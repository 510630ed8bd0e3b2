"""The report on a run: what its logs say, in numbers, in words, and on a page with pictures."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from whisperwave.datasets.prepared import MANIFEST
from whisperwave.errors import ConfigError
from whisperwave.reports import charts, shares
from whisperwave.reports.charts import Point
from whisperwave.reports.histories.classes import (
    minutes_of_set,
    rank_correlation,
    scores_of,
    times_of,
)
from whisperwave.reports.histories.drawing import figures
from whisperwave.reports.histories.history import SECONDS, History
from whisperwave.reports.histories.reading import read_history
from whisperwave.reports.histories.verdict import RULES, Verdict, verdict
from whisperwave.reports.page import Page, write_report

_EVALUATION = "Give what `whisperwave evaluate style --json` prints."
_SET = "Give the folder that `whisperwave prepare` has made."
_GRID = "Give the grid.json that `whisperwave grid` has written."


@dataclass(frozen=True, eq=False)
class Report:
    """A run's history and what is made of it; ``scores`` by class where there is an evaluation."""

    history: History
    verdict: Verdict
    scores: Mapping[str, float] = field(default_factory=dict)

    def as_mapping(self) -> dict[str, Any]:
        """Every number of the report, ready for JSON; what is not finite is null."""
        history = self.history
        return {
            "name": history.name,
            "unit": history.unit,
            "steps": _steps(history),
            "hours": _finite(hours(history)),
            "verdict": asdict(self.verdict) | {"advice": self.verdict.advice},
            "restarts": [asdict(each) for each in history.restarts],
            "redone": history.redone,
            "lines": history.lines,
            "unread": history.unread,
            "examples": list(history.examples),
            "class_minutes": dict(history.class_minutes),
            "scores": dict(self.scores),
            "score_follows_minutes": self.score_follows_minutes(),
            "generation_seconds": list(history.generation_seconds),
            "series": {
                name: {
                    "steps": [int(step) for step in series.steps],
                    "values": [_finite(value) for value in series.values],
                }
                for name, series in history.series.items()
            },
        }

    def score_follows_minutes(self) -> float | None:
        """Spearman's correlation of the classes' scores with their minutes; None where unknown."""
        both = self._both()
        return rank_correlation(
            np.array([point.x for point in both]), np.array([point.y for point in both])
        )

    def sentences(self) -> list[str]:
        """The report in a few sentences."""
        history, judged = self.history, self.verdict
        said = [f"{history.name}: {_extent(history)}."]
        said += [_starts(history)] if history.restarts else []
        said.append(f"Verdict: {judged.word}. {judged.advice}")
        said += _numbers(judged)
        if history.unread:
            said.append(f"{history.unread} of {history.lines} lines said nothing that is known.")
        return said

    def write(self, folder: Path) -> Path:
        """Write page, pictures and numbers into ``folder``; returns the page's path.

        Raises:
            OutputError: it cannot be written.
        """
        return write_report(self.page(), self.as_mapping(), folder)

    def page(self) -> Page:
        """The report as a page."""
        page = Page(f"Training: {self.history.name}", " ".join(self.sentences()[:1]))
        page.heading(f"Verdict: {self.verdict.word}")
        page.paragraph(self.verdict.advice)
        page.paragraph(*_numbers(self.verdict))
        page.paragraph(RULES)
        page.heading("Curves")
        for figure in figures(self.history):
            page.figure(*figure)
        self._put_classes(page)
        self._put_log(page)
        return page

    def _put_classes(self, page: Page) -> None:
        if self.history.class_minutes:
            page.heading("Classes")
            pie = shares.pie(self.history.class_minutes, "min")
            page.figure("classes.png", pie, "Minutes of training sound of each class.")
        if self._both():
            picture = charts.scatter(
                self._both(), "minutes of training sound", "score", decades=True
            )
            follows = self.score_follows_minutes()
            words = "" if follows is None else f" Their rank correlation is {follows:.2f}."
            page.figure("scores.png", picture, f"Score of each class against its minutes.{words}")

    def _put_log(self, page: Page) -> None:
        history = self.history
        page.heading("The log")
        if history.restarts:
            page.paragraph(_starts(history))
            page.table(
                ("before step", "kind", "starts", "as told by"),
                [(str(r.step), r.kind, str(r.attempts), r.how) for r in history.restarts],
            )
        page.paragraph(
            f"{history.lines} lines were read; {history.unread} of them said nothing that is known."
        )
        for example in history.examples:
            page.paragraph(example)

    def _both(self) -> list[Point]:
        """The classes whose minutes and score are both known."""
        minutes = self.history.class_minutes
        return [Point(n, minutes[n], s) for n, s in self.scores.items() if n in minutes]


def report(
    sources: Sequence[Path],
    evaluation: Path | None = None,
    grid: Path | None = None,
    data: Path | None = None,
    moved_at: Sequence[int] = (),
) -> Report:
    """Read the logs of a run and judge it.

    Args:
        sources: run folders or log files, at least one.
        evaluation: what ``whisperwave evaluate style --json`` printed, for the scores.
        grid: the ``grid.json`` of a grid, for the time that each of its sounds took.
        data: the prepared set that the run learned from, for the minutes of its classes.
        moved_at: steps before which the run went on on another machine.

    Raises:
        ConfigError: as `read_history`; ``NO_SCORES``, ``NO_TIMES`` or ``NO_MINUTES``, the
            evaluation, the grid or the set cannot be read or has none.
    """
    history = read_history(sources, moved_at)
    if data:
        manifest = _json(data / MANIFEST, "NO_MINUTES", _SET)
        history = replace(history, class_minutes=minutes_of_set(manifest))
    if grid:
        times = (*history.generation_seconds, *times_of(_json(grid, "NO_TIMES", _GRID)))
        history = replace(history, generation_seconds=times)
    scores = scores_of(_json(evaluation, "NO_SCORES", _EVALUATION)) if evaluation else {}
    return Report(history, verdict(history), scores)


def hours(history: History) -> float:
    """How long the steps took in all; NaN where the speed is not known.

    A value of a log that tells of every hundredth step stands for a hundred.
    """
    speed = history.of(SECONDS).finite
    if len(speed) == 0:
        return math.nan
    counts = np.diff(speed.steps)
    first = float(np.median(counts)) if len(counts) else 1.0
    return float((speed.values * np.concatenate([[first], counts])).sum()) / 3600.0


def _steps(history: History) -> list[int]:
    """The first step that the logs tell of, and the last."""
    ends = [series.steps[[0, -1]] for series in history.series.values() if len(series)]
    return [int(min(e[0] for e in ends)), int(max(e[1] for e in ends))] if ends else []


def _extent(history: History) -> str:
    steps, took = _steps(history), hours(history)
    if not steps:
        return f"{len(history.generation_seconds)} generated sounds"
    time = "" if math.isnan(took) else f", {took:.3g} hours of computing"
    return f"steps {steps[0]} to {steps[1]}{time}"


def _starts(history: History) -> str:
    """How often and where the run was started again."""
    words = {"crash": "after a crash or a pause", "machine": "on another machine",
             "rollback": "from older weights after a fault"}  # fmt: skip
    said = []
    for kind, how in words.items():
        found = [each.attempts for each in history.restarts if each.kind == kind]
        said += [_often(sum(found), how, len(found))] if found else []
    redone = f" {history.redone} values were computed again." if history.redone else ""
    return f"Started again {', '.join(said)}.{redone}"


def _often(times: int, how: str, places: int) -> str:
    """How often it was, and at how many steps, if that says more."""
    said = f"{'once' if times == 1 else f'{times} times'} {how}"
    return said if places == times else f"{said} (at {places} places)"


def _numbers(judged: Verdict) -> list[str]:
    """What the verdict rests on."""
    said = []
    if judged.learned is not None and judged.falling is not None:
        fell = "fell" if judged.falling >= 0 else "rose"
        said.append(
            f"The loss fell by {judged.learned:.1%} in all; the {judged.by} loss {fell} by "
            f"{abs(judged.falling):.1%} in the last fifth of the steps."
        )
    if judged.gap is not None and judged.within is not None and judged.rise is not None:
        side = "above" if judged.gap >= 0 else "below"
        said.append(
            f"The loss on held-out sound ends {abs(judged.gap):.1%} {side} the training loss, give "
            f"or take {judged.within:.1%}, and {judged.rise:.1%} above its lowest, which was at "
            f"step {judged.best_step}."
        )
    return said


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _json(path: Path, code: str, remedy: str) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(
            code, f"{str(path)!r} cannot be read as JSON: {error}.", remedy
        ) from error
