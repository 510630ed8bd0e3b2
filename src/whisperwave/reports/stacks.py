"""Bars that are made of parts: a row for each name, a colour for each part."""

from collections.abc import Mapping, Sequence

import numpy as np

from whisperwave.reports import axes
from whisperwave.reports.axes import Frame
from whisperwave.reports.canvas import Canvas
from whisperwave.reports.colours import Colour
from whisperwave.reports.scales import Scale
from whisperwave.reports.shares import rounded, shortened

_WIDTH, _LEFT, _TOP, _RIGHT, _BOTTOM = 1000, 220, 54, 96, 56
_ROW, _BAR, _SAMPLE, _GAP, _LETTER = 24, 14, 14, 26, 10.0


def stacked(
    amounts: Mapping[str, Mapping[str, float]], parts: Sequence[tuple[str, Colour]], unit: str
) -> Canvas:
    """Draw a bar for each name, its parts one behind the other, and their sum at its end.

    Args:
        amounts: of each part that a name has, none below 0.
        parts: their names and colours, in their order.
        unit: of the amounts.
    """
    canvas = Canvas(_WIDTH, _TOP + _ROW * len(amounts) + _BOTTOM)
    frame = Frame(_LEFT, _TOP, _WIDTH - _LEFT - _RIGHT, _ROW * len(amounts))
    sums = {name: sum(each.values()) for name, each in amounts.items()}
    scale = Scale.of([np.array([0.0 if sums else 1.0, *sums.values()])], zero=True)
    ticks = scale.ticks(frame.width // 90)
    axes.draw_grid(canvas, frame, ticks, ())
    for index, (name, of_name) in enumerate(amounts.items()):
        middle = frame.top + _ROW * index + _ROW // 2
        reached = 0.0
        for part, colour in parts:
            first = round(scale.at(reached) * frame.width)
            reached += of_name.get(part, 0.0)
            length = round(scale.at(reached) * frame.width) - first
            canvas.fill(frame.left + first, middle - _BAR // 2, length, _BAR, colour)
        canvas.text(frame.left - 12, middle, shortened(name), _LETTER, "right")
        end = frame.left + scale.at(reached) * frame.width
        canvas.text(end + 10, middle, rounded(sums[name]), _LETTER)
    axes.draw_bottom(canvas, frame, ticks, unit)
    _draw_legend(canvas, parts)
    return canvas


def _draw_legend(canvas: Canvas, parts: Sequence[tuple[str, Colour]]) -> None:
    x = float(_LEFT)
    for name, colour in parts:
        canvas.fill(round(x), _TOP // 2 - 6, _SAMPLE, 12, colour)
        x = canvas.text(x + _SAMPLE + 8, _TOP // 2, name, _LETTER) + _GAP
