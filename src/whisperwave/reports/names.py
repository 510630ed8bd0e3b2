"""Names beside points, none written over another."""

from dataclasses import dataclass, field

from whisperwave.reports import lettering
from whisperwave.reports.canvas import Canvas

_BESIDE = 10  # pixels from the middle of a point to its name
_LINES = 1.9  # letters' heights from one line of text to the next


@dataclass
class Names:
    """Writes each name at the height of its point, or as many lines higher as it takes to be read.

    ``size`` is the height of a capital letter in pixels, ``right`` the column that no name passes:
    one that would stands to the left of its point.
    """

    canvas: Canvas
    size: float
    right: float
    _taken: list[tuple[float, float, float]] = field(default_factory=list)  # left, right, row

    def write(self, column: float, row: float, name: str) -> None:
        """Name the point at this place."""
        width = lettering.strokes(name)[1] * self.size
        left = column + _BESIDE
        if left + width > self.right:
            left = column - _BESIDE - width
        while any(self._touches(left, left + width, row, each) for each in self._taken):
            row -= _LINES * self.size
        self._taken.append((left, left + width, row))
        self.canvas.text(left, row, name, self.size)

    def _touches(
        self, left: float, right: float, row: float, other: tuple[float, float, float]
    ) -> bool:
        beside = right + self.size < other[0] or other[1] + self.size < left
        return not beside and abs(row - other[2]) < 0.9 * _LINES * self.size
