"""A picture of amounts by name: one bar a line, the name in front of it and the amount behind."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from whisperwave.library import durable
from whisperwave.reports import axes, colours
from whisperwave.reports.axes import Frame
from whisperwave.reports.canvas import Canvas
from whisperwave.reports.lettering import strokes, writable

MOST_BARS = 40

_WIDTH, _LEFT, _RIGHT, _TOP, _BOTTOM = 1000, 240, 110, 24, 62
_LINE, _THICKNESS, _LETTER = 26, 15, 10.0
_LONGEST_NAME, _MOST_LETTERS = _LEFT - 30, 80
_DARKEST, _LIGHTEST = 0.35, 0.75


def write_bars_png(path: Path, amounts: Sequence[tuple[str, float]], unit: str) -> None:
    """Draw amounts as bars, the first on top.

    Args:
        path: the picture; an old one is replaced.
        amounts: names, of any letters and length, with their amounts from 0 on; past `MOST_BARS`
            the rest is drawn as one.
        unit: what the amounts are, under the picture.

    Raises:
        OutputError: the picture cannot be written.
    """
    shown = _gathered(amounts)
    canvas = Canvas(_WIDTH, _TOP + _LINE * max(1, len(shown)) + _BOTTOM)
    frame = Frame(_LEFT, _TOP, _WIDTH - _LEFT - _RIGHT, _LINE * max(1, len(shown)))
    most = max((amount for _, amount in shown), default=0.0) or 1.0
    marks = axes.places(axes.ticks(0.0, most, 8), lambda amount: amount / most)
    axes.draw_grid(canvas, frame, marks, ())
    shades = colours.dusk(np.linspace(_DARKEST, _LIGHTEST, max(1, len(shown))))
    for line, (name, amount) in enumerate(shown):
        middle = _TOP + line * _LINE + _LINE // 2
        length = round(frame.width * amount / most)
        top = middle - _THICKNESS // 2
        canvas.fill(_LEFT, top, length, _THICKNESS, tuple(shades[line]))
        canvas.text(_LEFT - 14, middle, _shortened(name), _LETTER, "right")
        canvas.text(_LEFT + length + 10, middle, _figure(amount), _LETTER)
    axes.draw_bottom(canvas, frame, marks, unit)
    durable.write_bytes(path, canvas.encode())


def _gathered(amounts: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    """What fits on the picture, and the sum of all that does not."""
    if len(amounts) <= MOST_BARS:
        return list(amounts)
    rest = amounts[MOST_BARS - 1 :]
    others = (f"{len(rest)} others", sum(amount for _, amount in rest))
    return [*amounts[: MOST_BARS - 1], others]


def _figure(amount: float) -> str:
    """To a tenth, or in two digits where that would be too coarse."""
    return axes.label(round(amount, 1) if amount >= 10 else float(f"{amount:.2g}"))


def _shortened(name: str) -> str:
    """As much of a name as there is room for."""
    text = writable(name[:_MOST_LETTERS])
    while strokes(text)[1] * _LETTER > _LONGEST_NAME:
        text = f"{text[:-2].rstrip()}…"
    return text
