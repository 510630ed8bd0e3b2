"""The pictures of a run: curves by step, with the marks of its restarts."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from whisperwave.reports import colours
from whisperwave.reports.canvas import Canvas
from whisperwave.reports.charts import Curve, Marks, curves
from whisperwave.reports.histories.history import (
    ACCURACY,
    LOSS,
    RATE,
    SECONDS,
    VALIDATION,
    VALIDATION_ACCURACY,
    History,
    Kind,
    Series,
)
from whisperwave.reports.histories.trend import at, trend

Figure = tuple[str, Canvas, str]
"""A file's name, the picture, and its caption."""

_MARKS: dict[Kind, tuple[str, colours.Colour, bool]] = {
    "crash": ("started again", colours.GREY, False),
    "machine": ("other machine", colours.AMBER, True),
    "rollback": ("rolled back", colours.ROSE, True),
}


def figures(history: History) -> Iterator[Figure]:
    """Every picture that the history has numbers for."""
    marks = marks_of(history)
    yield from _losses(history, marks)
    if len(history.of(SECONDS).finite):
        canvas = curves(_speeds(history), "step", "seconds per step", marks, zero=True)
        yield "speed.png", canvas, "How long a step took."
    if len(history.of(RATE).finite):
        rate = Curve("learning rate", history.of(RATE).steps, history.of(RATE).values)
        canvas = curves([rate], "step", "learning rate", marks, zero=True)
        yield "learning-rate.png", canvas, "Learning rate against step."
    yield from _accuracies(history, marks)
    if history.generation_seconds:
        made = np.array(history.generation_seconds)
        each = Curve("each sound", np.arange(1.0, len(made) + 1.0), made)
        canvas = curves([each], "sound", "seconds to generate", zero=True)
        yield "generation.png", canvas, "How long each generated sound took, in their order."


def marks_of(history: History) -> list[Marks]:
    """Where the run was started again, one set of marks for each kind."""
    return [
        Marks(name, tuple(float(r.step) for r in history.restarts if r.kind == kind), shade, dashed)
        for kind, (name, shade, dashed) in _MARKS.items()
    ]


def gaps(history: History) -> Series:
    """How far the held-out loss lies above the trend of the training loss, at each look at it."""
    seen = history.of(VALIDATION).finite
    return Series(seen.steps, seen.values - at(history.of(LOSS), seen.steps))


def _speeds(history: History) -> list[Curve]:
    """The seconds of each step, and their trend on each machine by itself."""
    seconds = history.of(SECONDS)
    moves = [each.step for each in history.restarts if each.kind == "machine"]
    edges = np.searchsorted(seconds.steps, [-np.inf, *moves, np.inf])
    stays = [
        trend(Series(seconds.steps[first:last], seconds.values[first:last]))
        for first, last in pairwise(edges)
    ]
    gap = np.array([np.nan])
    steps = np.concatenate([np.append(each.steps, gap) for each in stays])
    values = np.concatenate([np.append(each.values, gap) for each in stays])
    each = Curve("each step", seconds.steps, seconds.values, colours.PALE_BLUE, 1.0)
    return [each, Curve("trend", steps, values, colours.BLUE, 2.2)]


def _losses(history: History, marks: list[Marks]) -> Iterator[Figure]:
    losses, seen = history.of(LOSS), history.of(VALIDATION).finite
    drawn = _with_trend(losses, "training") + _held_out(seen)
    if drawn:
        yield (
            "loss.png",
            curves(drawn, "step", history.unit, marks),
            "Loss against step. The trend is made of straight lines, fitted around every place.",
        )
    if len(losses.finite) and len(seen) > 1:
        gap = gaps(history)
        drawn = [Curve("held-out above training", gap.steps, gap.values, colours.AMBER, 2.0)]
        canvas = curves(drawn, "step", history.unit, marks, zero=True)
        yield (
            "gap.png",
            canvas,
            "How far the loss on held-out sound lies above the trend of the training loss.",
        )


def _accuracies(history: History, marks: list[Marks]) -> Iterator[Figure]:
    drawn = _with_trend(history.of(ACCURACY), "training")
    drawn += _held_out(history.of(VALIDATION_ACCURACY).finite)
    if drawn:
        canvas = curves(drawn, "step", "share of samples foretold", marks)
        yield "accuracy.png", canvas, "How often the likeliest next sample was the right one."


def _with_trend(series: Series, name: str) -> list[Curve]:
    """The values, pale, under their trend; nothing where there are none."""
    if len(series.finite) == 0:
        return []
    smooth = trend(series)
    return [
        Curve(name, series.steps, series.values, colours.PALE_BLUE, 1.0),
        Curve("trend", smooth.steps, smooth.values, colours.BLUE, 2.2),
    ]


def _held_out(seen: Series) -> list[Curve]:
    return (
        [Curve("held-out sound", seen.steps, seen.values, colours.AMBER, 2.0)] if len(seen) else []
    )
