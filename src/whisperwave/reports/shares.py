"""Pictures of parts of a whole: a pie of classes, and bars with a name each."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from whisperwave.reports import axes, colours
from whisperwave.reports.axes import Frame
from whisperwave.reports.canvas import Canvas
from whisperwave.reports.scales import Scale

Floats = NDArray[np.float64]

MOST_SECTORS = 12
"""Of a pie; the smallest of more classes are drawn as one."""

MOST_BARS = 40
"""That a picture of bars has room for."""

_PIE_WIDTH, _RADIUS, _EDGE = 760, 140, 36
_LEGEND_LEFT, _LEGEND_ROW = 380, 25
_FINE = 4  # points a pixel, each way, that a pie's edges are smoothed with
_LETTER = 10.0
_BARS_WIDTH, _BARS_LEFT, _BARS_TOP, _BARS_BOTTOM = 1000, 220, 24, 56
_BARS_RIGHT = 96
_BAR_ROW, _BAR = 24, 14
_MOST_LETTERS = 28


def pie(amounts: Mapping[str, float], unit: str) -> Canvas:
    """Draw what part of the whole each class is, the largest first, clockwise from the top.

    Args:
        amounts: of each class, none below 0 and one at least above.
        unit: of the amounts.
    """
    parts = largest(amounts, MOST_SECTORS)
    shades = colours.different(len(parts))
    height = max(2 * (_RADIUS + _EDGE), 2 * _EDGE + _LEGEND_ROW * len(parts))
    canvas = Canvas(_PIE_WIDTH, height)
    middle = height / 2
    edges = np.cumsum([0.0, *parts.values()]) / sum(parts.values())
    sectors = _sectors(edges)
    for index, shade in enumerate(shades):
        corner = _EDGE, round(middle) - _RADIUS
        canvas.paint(*corner, sectors[index], shade)
    row = middle - _LEGEND_ROW * (len(parts) - 1) / 2
    for (name, amount), share, shade in zip(parts.items(), np.diff(edges), shades, strict=True):
        canvas.fill(_LEGEND_LEFT, round(row) - 7, 14, 14, shade)
        words = f"{shortened(name)}: {rounded(amount)} {unit}, {100 * share:.3g} %"
        canvas.text(_LEGEND_LEFT + 24, row, words, _LETTER)
        row += _LEGEND_ROW
    return canvas


def bars(amounts: Mapping[str, float], unit: str) -> Canvas:
    """Draw a bar for each name, in the order given, its amount behind it.

    Args:
        amounts: of each name, none below 0.
        unit: of the amounts.
    """
    height = _BARS_TOP + _BAR_ROW * len(amounts) + _BARS_BOTTOM
    canvas = Canvas(_BARS_WIDTH, height)
    width = _BARS_WIDTH - _BARS_LEFT - _BARS_RIGHT
    frame = Frame(_BARS_LEFT, _BARS_TOP, width, _BAR_ROW * len(amounts))
    scale = Scale.of([np.array([0.0 if amounts else 1.0, *amounts.values()])], zero=True)
    ticks = scale.ticks(width // 90)
    axes.draw_grid(canvas, frame, ticks, ())
    for index, (name, amount) in enumerate(amounts.items()):
        middle = frame.top + _BAR_ROW * index + _BAR_ROW // 2
        length = scale.at(amount) * width
        canvas.fill(frame.left, middle - _BAR // 2, max(round(length), 1), _BAR, colours.SOFT_BLUE)
        canvas.text(frame.left - 12, middle, shortened(name), _LETTER, "right")
        canvas.text(frame.left + length + 10, middle, rounded(amount), _LETTER)
    axes.draw_bottom(canvas, frame, ticks, unit)
    return canvas


def largest(amounts: Mapping[str, float], most: int) -> dict[str, float]:
    """The largest amounts first, at most ``most``; the smallest of more are one."""
    order = sorted(amounts.items(), key=lambda each: -each[1])
    if len(order) <= most:
        return dict(order)
    rest = order[most - 1 :]
    together = sum(amount for _, amount in rest)
    return dict(order[: most - 1]) | {f"{len(rest)} others": together}


def rounded(amount: float) -> str:
    """Three digits that matter, and never fewer than the whole number has."""
    return f"{amount:,.0f}" if amount >= 100 else f"{amount:.3g}"


def shortened(name: str) -> str:
    """A name that fits beside a picture."""
    return name if len(name) <= _MOST_LETTERS else f"{name[: _MOST_LETTERS - 3]}..."


def _sectors(edges: Floats) -> Floats:
    """How much of each pixel each sector covers, [sectors, 2 * radius, 2 * radius].

    ``edges`` are the parts of a full turn where the sectors begin and end.
    """
    fine = (np.arange(2 * _RADIUS * _FINE) + 0.5) / _FINE - _RADIUS
    turn = np.arctan2(fine[None, :], -fine[:, None]) / (2 * np.pi) % 1.0
    inside = np.hypot(fine[None, :], fine[:, None]) < _RADIUS
    which = np.where(inside, np.searchsorted(edges[1:-1], turn, side="right"), -1)
    blocks = which.reshape(2 * _RADIUS, _FINE, 2 * _RADIUS, _FINE)
    return np.stack([(blocks == each).mean(axis=(1, 3)) for each in range(len(edges) - 1)])
