"""Pictures of how often: bars that stand side by side, and others drawn over them as steps."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whisperwave.reports import axes
from whisperwave.reports.axes import Frame
from whisperwave.reports.canvas import Canvas
from whisperwave.reports.colours import Colour
from whisperwave.reports.scales import Scale

Floats = NDArray[np.float64]

_WIDTH, _HEIGHT = 1000, 340
_LEFT, _TOP, _RIGHT, _BOTTOM = 84, 74, 28, 60
_LEGEND_ROW, _SAMPLE, _LEGEND_GAP, _LETTER = 20, 14, 26, 10.0
_STEP_WIDTH = 2.2


@dataclass(frozen=True, eq=False)
class Counts:
    """How often each bin was met, ``[bins]``."""

    name: str
    values: Floats
    colour: Colour


def histogram(
    edges: Floats,
    drawn: Sequence[Counts],
    across: str,
    up: str,
    ticks: axes.Places | None = None,
) -> Canvas:
    """Draw the first counts as bars, the others over them as steps.

    Args:
        edges: of the bins, ``[bins + 1]``, evenly spaced.
        drawn: at least one.
        across: what is counted, with its unit.
        up: what the counts are.
        ticks: along the lower axis; round numbers by themselves.
    """
    canvas = Canvas(_WIDTH, _HEIGHT)
    frame = Frame(_LEFT, _TOP, _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM)
    x = Scale(float(edges[0]), float(edges[-1]))
    y = Scale.of([each.values for each in drawn], margin=0.06, zero=True)
    columns = x.ticks(frame.width // 90) if ticks is None else ticks
    rows = y.ticks(frame.height // 40)
    axes.draw_grid(canvas, frame, columns, rows)
    _draw_bars(canvas, frame, x.of_all(edges), y.of_all(drawn[0].values), drawn[0].colour)
    for each in drawn[1:]:
        _draw_steps(canvas, frame, x.of_all(edges), y.of_all(each.values), each.colour)
    axes.draw_bottom(canvas, frame, columns, across)
    axes.draw_left(canvas, frame, rows, "")
    canvas.text(16, 20, up, _LETTER + 1)
    _draw_legend(canvas, frame, drawn)
    return canvas


def _draw_bars(
    canvas: Canvas, frame: Frame, places: Floats, heights: Floats, shade: Colour
) -> None:
    sides = np.rint(frame.left + places * frame.width).astype(int)
    for left, right, height in zip(sides[:-1], sides[1:], heights, strict=True):
        rows = round(height * frame.height)
        gap = 1 if right - left > 3 else 0
        canvas.fill(int(left), frame.bottom - rows, int(right - left) - gap, rows, shade)


def _draw_steps(
    canvas: Canvas, frame: Frame, places: Floats, heights: Floats, shade: Colour
) -> None:
    columns = frame.left + np.repeat(places, 2) * frame.width
    rows = frame.bottom - np.concatenate([[0.0], np.repeat(heights, 2), [0.0]]) * frame.height
    inside = np.flatnonzero(heights)
    if len(inside):
        first, last = 2 * int(inside[0]), 2 * int(inside[-1]) + 4
        path = np.stack([columns, rows], axis=-1)[first:last]
        canvas.line(path, shade, _STEP_WIDTH)


def _draw_legend(canvas: Canvas, frame: Frame, drawn: Sequence[Counts]) -> None:
    x, row = float(frame.left), frame.top - _LEGEND_ROW
    for place, each in enumerate(drawn):
        if place == 0:
            canvas.fill(round(x), row - 6, _SAMPLE, 12, each.colour)
        else:
            ends = np.array([[x, row], [x + _SAMPLE, row]])
            canvas.line(ends, each.colour, _STEP_WIDTH)
        x = canvas.text(x + _SAMPLE + 8, row, each.name, _LETTER) + _LEGEND_GAP
