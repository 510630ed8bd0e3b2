"""A plot's frame on a canvas: which numbers stand at its edges, and where."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from whisperwave.reports import colours
from whisperwave.reports.canvas import Canvas

_TICK = 5
_LABEL = 10.0


@dataclass(frozen=True)
class Frame:
    """A rectangle of pixels that data is drawn in."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column past the frame."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """The first row past the frame."""
        return self.top + self.height


Places = Sequence[tuple[float, str]]  # where a tick stands, 0 to 1 along its axis, and its label


def ticks(low: float, high: float, at_most: int) -> list[float]:
    """Round numbers from ``low`` to ``high``, a step of 1, 2 or 5 times a power of ten apart."""
    span = high - low
    step = next(s for s in _round_steps(span / at_most) if span / s <= at_most)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [index * step for index in range(first, last + 1)]


def label(value: float) -> str:
    """A number in as few digits as it needs, with a true minus sign."""
    return f"{value:.10g}".replace("-", "−")


def places(values: Sequence[float], position: Callable[[float], float]) -> Places:
    """Each value with its place along the axis and its label."""
    return [(position(value), label(value)) for value in values]


def draw_bottom(canvas: Canvas, frame: Frame, marks: Places, title: str) -> None:
    """Ticks and numbers under the frame, the unit after the last of them."""
    for place, text in marks:
        column = frame.left + min(round(place * frame.width), frame.width - 1)
        canvas.fill(column, frame.bottom, 1, _TICK, colours.INK)
        canvas.text(column, frame.bottom + 16, text, _LABEL, "centre")
    canvas.text(frame.left + frame.width / 2, frame.bottom + 36, title, _LABEL, "centre")


def draw_left(canvas: Canvas, frame: Frame, marks: Places, title: str) -> None:
    """Ticks and numbers left of the frame, the unit above them."""
    for place, text in marks:
        row = _row(frame, place)
        canvas.fill(frame.left - _TICK, row, _TICK, 1, colours.INK)
        canvas.text(frame.left - 10, row + 0.5, text, _LABEL, "right")
    canvas.text(frame.left - 10, frame.top - 18, title, _LABEL, "right")


def draw_right(canvas: Canvas, frame: Frame, marks: Places, title: str) -> None:
    """Ticks and numbers right of the frame, the unit above them."""
    for place, text in marks:
        row = _row(frame, place)
        canvas.fill(frame.right, row, _TICK, 1, colours.INK)
        canvas.text(frame.right + 10, row + 0.5, text, _LABEL)
    canvas.text(frame.left, frame.top - 18, title, _LABEL)


def draw_grid(canvas: Canvas, frame: Frame, across: Places, up: Places) -> None:
    """Faint lines through the frame, to be drawn before the data."""
    for place, _ in across:
        column = frame.left + min(round(place * frame.width), frame.width - 1)
        canvas.fill(column, frame.top, 1, frame.height, colours.FAINT)
    for place, _ in up:
        canvas.fill(frame.left, _row(frame, place), frame.width, 1, colours.FAINT)


def _row(frame: Frame, place: float) -> int:
    return frame.top + min(round((1.0 - place) * frame.height), frame.height - 1)


def _round_steps(least: float) -> list[float]:
    power = 10.0 ** math.floor(math.log10(least))
    return [power * factor for factor in (1.0, 2.0, 5.0, 10.0)]
