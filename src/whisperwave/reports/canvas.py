"""A sheet of pixels to paint on: areas, images and smooth lettering."""

from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from whisperwave.reports import colours, lettering, png
from whisperwave.reports.colours import Colour

Align = Literal["left", "centre", "right"]

_PEN = 0.13  # of the capital height
_MARGIN = 3  # pixels beside a text that its pen may touch
_ALIGN = {"left": 0.0, "centre": 0.5, "right": 1.0}


class Canvas:
    """Pixels [height, width, 3] from 0 to 1; (0, 0) is the top left corner."""

    def __init__(self, width: int, height: int) -> None:
        self.pixels = np.empty((height, width, 3))
        self.pixels[:] = colours.PAPER

    def paint(
        self, left: int, top: int, coverage: NDArray[np.floating] | float, colour: Colour
    ) -> None:
        """Lay ``colour`` over the pixels that ``coverage`` [height, width] covers, 0 to 1."""
        shape = np.atleast_2d(coverage)
        area = self.pixels[top : top + shape.shape[0], left : left + shape.shape[1]]
        area += shape[..., None] * (np.asarray(colour) - area)

    def fill(self, left: int, top: int, width: int, height: int, colour: Colour) -> None:
        """Fill a rectangle."""
        self.pixels[top : top + height, left : left + width] = colour

    def image(self, left: int, top: int, colours: NDArray[np.floating]) -> None:
        """Put an image [height, width, 3] in place."""
        height, width, _ = colours.shape
        self.pixels[top : top + height, left : left + width] = colours

    def text(
        self,
        x: float,
        middle: float,
        text: str,
        size: float = 11.0,
        align: Align = "left",
        colour: Colour = colours.INK,
    ) -> float:
        """Write a line of text; returns the column where it ends.

        Args:
            x: where it begins, stands or ends, by ``align``.
            middle: the pixel row at half the height of its capitals.
            text: in the letters of `lettering`.
            size: height of a capital letter in pixels.
            align: which part of the text ``x`` is.
            colour: of the pen.
        """
        shapes, width = lettering.strokes(text)
        left = x - _ALIGN[align] * width * size
        column, row = int(left - _MARGIN), int(middle - size)
        columns = column + 0.5 + np.arange(int(width * size) + 2 * _MARGIN + 1, dtype=np.float64)
        rows = row + 0.5 + np.arange(int(2 * size), dtype=np.float64)
        nearest = np.full((rows.size, columns.size), np.inf)
        for shape in shapes:
            points = shape * (size, -size) + (left, middle + size / 2)
            nearest = np.minimum(nearest, _distance(columns, rows, points))
        self.paint(column, row, np.clip(0.5 + size * _PEN / 2 - nearest, 0.0, 1.0), colour)
        return left + width * size

    def line(self, points: NDArray[np.floating], colour: Colour, width: float = 1.5) -> None:
        """Draw a polyline [n, 2] of columns and rows with a round pen ``width`` pixels wide.

        All of it is laid on at once, so that it is nowhere darker where it meets itself.
        """
        if len(points) == 0:
            return
        path = np.asarray(points if len(points) > 1 else np.repeat(points, 2, axis=0), np.float64)
        reach = width / 2 + 1.0
        corner = np.floor(path.min(axis=0) - reach).astype(int)
        size = np.ceil(path.max(axis=0) + reach).astype(int) - corner
        coverage = np.zeros((size[1], size[0]))
        for start, stop in pairwise(path - corner):
            _cover(coverage, np.stack([start, stop]), width)
        self._paint_inside(int(corner[0]), int(corner[1]), coverage, colour)

    def dot(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """Draw a filled circle."""
        self.line(np.array([[x, y]]), colour, 2.0 * radius)

    def _paint_inside(
        self, left: int, top: int, coverage: NDArray[np.float64], colour: Colour
    ) -> None:
        """Paint what of ``coverage`` lies on the sheet."""
        height, width, _ = self.pixels.shape
        rows, columns = (max(-top, 0), max(height - top, 0)), (max(-left, 0), max(width - left, 0))
        kept = coverage[slice(*rows), slice(*columns)]
        if kept.size:
            self.paint(max(left, 0), max(top, 0), kept, colour)

    def encode(self) -> bytes:
        """The sheet as a PNG file."""
        return png.encode(np.rint(self.pixels * 255.0).astype(np.uint8))


def _cover(coverage: NDArray[np.float64], segment: NDArray[np.float64], width: float) -> None:
    """Let the pen pass along one segment [2, 2] over the pixels [height, width] near it."""
    reach = width / 2 + 1.0
    left, top = np.floor(segment.min(axis=0) - reach).clip(0).astype(int)
    right, bottom = np.ceil(segment.max(axis=0) + reach).astype(int)
    area = coverage[top:bottom, left:right]
    rows, columns = (
        np.arange(n) + first + 0.5 for n, first in zip(area.shape, (top, left), strict=True)
    )
    gaps = _distance(columns, rows, segment)
    np.maximum(area, np.clip(0.5 + width / 2 - gaps, 0.0, 1.0), out=area)


def _distance(
    columns: NDArray[np.float64], rows: NDArray[np.float64], points: NDArray[np.float64]
) -> NDArray[np.float64]:
    """From each pixel's centre [rows, columns] to the polyline through ``points`` [n, 2]."""
    starts, steps = points[:-1], np.diff(points, axis=0)
    across = columns[None, :, None] - starts[:, 0]
    down = rows[:, None, None] - starts[:, 1]
    squared = np.maximum((steps**2).sum(-1), 1e-12)
    along = np.clip((across * steps[:, 0] + down * steps[:, 1]) / squared, 0.0, 1.0)
    gaps = np.hypot(across - along * steps[:, 0], down - along * steps[:, 1])
    return np.min(gaps, axis=-1)  # type: ignore[no-any-return] # numpy types a reduction as Any
