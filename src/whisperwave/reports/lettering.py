"""A small stroke font: every letter is a few lines and arcs, drawn with a round pen.

Coordinates are in units of the capital height, y upward from the baseline. Strokes instead of dots,
because they stay smooth at every size.
"""

import numpy as np
from numpy.typing import NDArray

Stroke = NDArray[np.float64]  # points [n, 2] of a polyline

_GAP = 0.24
_SPACE = 0.30
_ARC_STEP_DEGREES = 12


def _line(*points: tuple[float, float]) -> Stroke:
    return np.array(points)


def _arc(x: float, y: float, width: float, height: float, start: float, stop: float) -> Stroke:
    """Part of the ellipse of these half axes around (x, y); degrees, against the clock."""
    count = int(abs(stop - start) / _ARC_STEP_DEGREES) + 2
    angles = np.radians(np.linspace(start, stop, count))
    return np.stack([x + width * np.cos(angles), y + height * np.sin(angles)], axis=-1)


def _ring(x: float, y: float, width: float, height: float) -> Stroke:
    return _arc(x, y, width, height, 0, 360)


# Each letter: its width and its strokes.
_LETTERS: dict[str, tuple[float, tuple[Stroke, ...]]] = {
    "0": (0.56, (_ring(0.28, 0.5, 0.28, 0.5),)),
    "1": (0.56, (_line((0.08, 0.80), (0.32, 1.0), (0.32, 0.0)),)),
    "2": (0.54, (_arc(0.27, 0.73, 0.26, 0.27, 165, -35), _line((0.48, 0.58), (0.0, 0), (0.54, 0)))),
    "3": (0.54, (_arc(0.25, 0.75, 0.24, 0.25, 150, -90), _arc(0.25, 0.26, 0.28, 0.26, 90, -150))),
    "4": (0.58, (_line((0.44, 0.0), (0.44, 1.0), (0.0, 0.29), (0.58, 0.29)),)),
    "5": (0.54, (_line((0.48, 1.0), (0.09, 1.0), (0.05, 0.55)),
                 _arc(0.24, 0.32, 0.30, 0.32, 130, -145))),
    "6": (0.56, (_ring(0.28, 0.31, 0.28, 0.31), _line((0.03, 0.42), (0.40, 1.0)))),
    "7": (0.52, (_line((0.0, 1.0), (0.52, 1.0), (0.17, 0.0)),)),
    "8": (0.56, (_ring(0.28, 0.76, 0.23, 0.24), _ring(0.28, 0.26, 0.28, 0.26))),
    "9": (0.56, (_ring(0.28, 0.69, 0.28, 0.31), _line((0.53, 0.58), (0.16, 0.0)))),
    ".": (0.06, (_line((0.03, 0.01), (0.03, 0.03)),)),
    "−": (0.44, (_line((0.0, 0.42), (0.44, 0.42)),)),
    "B": (0.56, (_line((0.28, 0.53), (0.0, 0.53), (0.0, 1.0), (0.28, 1.0)),
                 _arc(0.28, 0.765, 0.22, 0.235, 90, -90),
                 _line((0.0, 0.53), (0.0, 0.0), (0.3, 0.0)),
                 _arc(0.3, 0.265, 0.26, 0.265, 90, -90))),
    "F": (0.50, (_line((0.0, 0.0), (0.0, 1.0), (0.50, 1.0)), _line((0.0, 0.52), (0.42, 0.52)))),
    "H": (0.60, (_line((0, 0), (0, 1)), _line((0.6, 0), (0.6, 1)), _line((0, 0.53), (0.6, 0.53)))),
    "S": (0.56, (_arc(0.28, 0.755, 0.25, 0.245, 30, 270),
                 _arc(0.28, 0.255, 0.28, 0.255, 90, -150))),
    "a": (0.46, (_ring(0.22, 0.34, 0.22, 0.34), _line((0.46, 0.68), (0.46, 0.0)))),
    "c": (0.42, (_arc(0.23, 0.34, 0.23, 0.34, 48, 312),)),
    "d": (0.46, (_ring(0.22, 0.34, 0.22, 0.34), _line((0.46, 1.05), (0.46, 0.0)))),
    "e": (0.46, (_line((0.0, 0.36), (0.46, 0.36)), _arc(0.23, 0.34, 0.23, 0.34, 3, 318))),
    "f": (0.32, (_arc(0.32, 0.86, 0.18, 0.19, 80, 180), _line((0.14, 0.86), (0.14, 0.0)),
                 _line((0.0, 0.66), (0.30, 0.66)))),
    "g": (0.46, (_ring(0.22, 0.34, 0.22, 0.34), _line((0.46, 0.68), (0.46, -0.08)),
                 _arc(0.22, -0.08, 0.24, 0.22, 0, -145))),
    "h": (0.44, (_line((0.0, 1.05), (0.0, 0.0)), _arc(0.22, 0.44, 0.22, 0.24, 180, 0),
                 _line((0.44, 0.44), (0.44, 0.0)))),
    "i": (0.06, (_line((0.03, 0.68), (0.03, 0.0)), _line((0.03, 0.93), (0.03, 0.95)))),
    "k": (0.42, (_line((0, 1.05), (0, 0)), _line((0.4, 0.68), (0, 0.27)),
                 _line((0.15, 0.42), (0.42, 0)))),
    "l": (0.06, (_line((0.03, 1.05), (0.03, 0.0)),)),
    "n": (0.44, (_line((0.0, 0.68), (0.0, 0.0)), _arc(0.22, 0.44, 0.22, 0.24, 180, 0),
                 _line((0.44, 0.44), (0.44, 0.0)))),
    "o": (0.48, (_ring(0.24, 0.34, 0.24, 0.34),)),
    "r": (0.28, (_line((0.0, 0.68), (0.0, 0.0)), _arc(0.24, 0.40, 0.24, 0.27, 180, 75))),
    "s": (0.38, (_arc(0.19, 0.51, 0.17, 0.165, 35, 270), _arc(0.19, 0.175, 0.19, 0.175, 90, -150))),
    "t": (0.30, (_line((0.12, 0.92), (0.12, 0.18)), _arc(0.28, 0.18, 0.16, 0.18, 180, 280),
                 _line((0.0, 0.66), (0.30, 0.66)))),
    "v": (0.44, (_line((0.0, 0.68), (0.22, 0.0), (0.44, 0.68)),)),
    "z": (0.42, (_line((0.0, 0.68), (0.42, 0.68), (0.0, 0.0), (0.42, 0.0)),)),
    " ": (_SPACE, ()),
}  # fmt: skip


def strokes(text: str) -> tuple[list[Stroke], float]:
    """The strokes of a line of text that begins at (0, 0), and its width.

    Raises:
        KeyError: a letter that the font lacks; it holds what pictures say, and no more.
    """
    placed: list[Stroke] = []
    x = 0.0
    for letter in text:
        width, shapes = _LETTERS[letter]
        placed += [shape + np.array((x, 0.0)) for shape in shapes]
        x += width + _GAP
    return placed, max(x - _GAP, 0.0)
