"""Charts of numbers against numbers: curves with marks, and named points."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whisperwave.reports import axes, colours
from whisperwave.reports.axes import Frame
from whisperwave.reports.canvas import Canvas
from whisperwave.reports.colours import Colour
from whisperwave.reports.names import Names
from whisperwave.reports.scales import Scale

Floats = NDArray[np.float64]

_WIDTH, _HEIGHT = 1000, 380
_LEFT, _TOP, _RIGHT, _BOTTOM = 84, 74, 28, 60
_LEGEND_ROW, _LEGEND_GAP, _SAMPLE = 20, 26, 26
_LETTER = 10.0
_DASH, _DASH_GAP = 7, 5
_OUTLIERS = 0.002  # the share of values, at either end, that may lie outside a picture


@dataclass(frozen=True, eq=False)
class Curve:
    """Values [n] at places [n], both float64; NaN is a gap. One of two values is drawn as dots."""

    name: str
    places: Floats
    values: Floats
    colour: Colour = colours.BLUE
    width: float = 1.6


@dataclass(frozen=True)
class Marks:
    """Upright lines at places, for what happened there; dashed ones stand out."""

    name: str
    places: tuple[float, ...]
    colour: Colour = colours.GREY
    dashed: bool = False


@dataclass(frozen=True)
class Point:
    """A named point."""

    name: str
    x: float
    y: float


def curves(
    drawn: Sequence[Curve],
    across: str,
    up: str,
    marks: Sequence[Marks] = (),
    *,
    zero: bool = False,
    decades: bool = False,
) -> Canvas:
    """Draw curves over a common axis, the later over the earlier.

    Args:
        drawn: at least one finite value in all.
        across: what the places are, with their unit.
        up: what the values are, with their unit.
        marks: events.
        zero: let the values' axis begin at 0.
        decades: space the places by ratios; all must be above 0.
    """
    canvas, frame = _sheet()
    places = [each.places for each in drawn] + [np.array(m.places, float) for m in marks]
    x = Scale.of(places, decades=decades)
    y = Scale.of([each.values for each in drawn], _OUTLIERS, margin=0.06, zero=zero)
    _draw_axes(canvas, frame, x, y, across, up)
    _draw_marks(canvas, frame, x, [mark for mark in marks if not mark.dashed])
    for each in drawn:
        _draw_curve(canvas, frame, x.of_all(each.places), y.of_all(each.values), each)
    _draw_marks(canvas, frame, x, [mark for mark in marks if mark.dashed])
    _draw_legend(canvas, frame, drawn, [mark for mark in marks if mark.places])
    return canvas


def scatter(points: Sequence[Point], across: str, up: str, *, decades: bool = False) -> Canvas:
    """Draw named points; ``decades`` spaces the lower axis by ratios.

    Args:
        points: at least one; with ``decades`` all ``x`` above 0.
        across: what x is, with its unit.
        up: what y is, with its unit.
        decades: whether equal steps are equal ratios.
    """
    canvas, frame = _sheet()
    x = Scale.of([np.array([p.x for p in points], float)], margin=0.08, decades=decades)
    y = Scale.of([np.array([p.y for p in points], float)], margin=0.10)
    _draw_axes(canvas, frame, x, y, across, up)
    names = Names(canvas, _LETTER, _WIDTH - _RIGHT)
    for point in points:
        column = frame.left + x.at(point.x) * frame.width
        row = frame.bottom - y.at(point.y) * frame.height
        canvas.dot(column, row, 4.5, colours.BLUE)
        names.write(column, row, point.name)
    return canvas


def _sheet() -> tuple[Canvas, Frame]:
    canvas = Canvas(_WIDTH, _HEIGHT)
    return canvas, Frame(_LEFT, _TOP, _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM)


def _draw_axes(canvas: Canvas, frame: Frame, x: Scale, y: Scale, across: str, up: str) -> None:
    columns, rows = x.ticks(frame.width // 90), y.ticks(frame.height // 36)
    axes.draw_grid(canvas, frame, columns, rows)
    axes.draw_bottom(canvas, frame, columns, across)
    axes.draw_left(canvas, frame, rows, "")
    canvas.text(16, 20, up, _LETTER + 1)


def _draw_marks(canvas: Canvas, frame: Frame, x: Scale, marks: Sequence[Marks]) -> None:
    for mark in marks:
        for place in mark.places:
            _draw_mark(canvas, frame, x.at(place), mark)


def _draw_mark(canvas: Canvas, frame: Frame, place: float, mark: Marks) -> None:
    column = frame.left + place * frame.width
    if not mark.dashed:
        canvas.line(np.array([[column, frame.top], [column, frame.bottom]]), mark.colour, 0.8)
        return
    for top in range(frame.top, frame.bottom, _DASH + _DASH_GAP):
        ends = np.array([[column, top], [column, min(top + _DASH, frame.bottom)]])
        canvas.line(ends, mark.colour, 1.8)


def _draw_curve(canvas: Canvas, frame: Frame, x: Floats, y: Floats, curve: Curve) -> None:
    """Draw one curve between the frame's edges; what lies outside is drawn at the edge."""
    columns = frame.left + x * frame.width
    rows = frame.bottom - np.clip(y, 0.0, 1.0) * frame.height
    for part in _unbroken(columns, rows):
        if len(part) == 1:
            canvas.dot(part[0, 0], part[0, 1], curve.width + 1.0, curve.colour)
        else:
            canvas.line(thinned(part), curve.colour, curve.width)


def _unbroken(columns: Floats, rows: Floats) -> list[Floats]:
    """The stretches [n, 2] without a gap."""
    whole = np.isfinite(columns) & np.isfinite(rows)
    edges = np.flatnonzero(np.diff(whole.astype(int), prepend=0, append=0))
    points = np.stack([columns, rows], axis=-1)
    return [points[start:stop] for start, stop in edges.reshape(-1, 2)]


def thinned(points: Floats) -> Floats:
    """A path [n, 2] with at most four points a column: its first, highest, lowest and last."""
    column = np.floor(points[:, 0]).astype(int)
    starts = np.flatnonzero(np.diff(column, prepend=column[0] - 1))
    if len(points) <= 4 * len(starts):
        return points
    kept: list[int] = []
    for start, stop in zip(starts, [*starts[1:], len(points)], strict=True):
        rows = points[start:stop, 1]
        telling = {0, int(rows.argmin()), int(rows.argmax()), len(rows) - 1}
        kept += [int(start) + place for place in sorted(telling)]
    return points[kept]


def _draw_legend(
    canvas: Canvas, frame: Frame, drawn: Sequence[Curve], marks: Sequence[Marks]
) -> None:
    """Say over the frame which curve and which mark is which."""
    x, row = float(frame.left), frame.top - _LEGEND_ROW
    for each in drawn:
        ends = np.array([[x, row], [x + _SAMPLE, row]])
        canvas.line(ends, each.colour, max(each.width, 1.6))
        x = _named(canvas, x, row, each.name)
    for mark in marks:
        middle = x + _SAMPLE / 2
        sample = Frame(round(middle), row - 8, 1, 2 * _DASH + _DASH_GAP)
        _draw_mark(canvas, sample, 0.0, mark)
        x = _named(canvas, x, row, mark.name)


def _named(canvas: Canvas, x: float, row: float, name: str) -> float:
    """Write a legend's name; where the next one begins."""
    return canvas.text(x + _SAMPLE + 8, row, name, _LETTER) + _LEGEND_GAP
