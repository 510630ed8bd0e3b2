"""A small stroke font: every letter is a few lines and arcs, drawn with a round pen.

Strokes instead of dots, because they stay smooth at every size.
"""

import unicodedata

import numpy as np

from whisperwave.reports.alphabet import LETTERS, Stroke

_GAP = 0.24
_UNKNOWN = "□"


def strokes(text: str) -> tuple[list[Stroke], float]:
    """The strokes of a line of text that begins at (0, 0), and its width.

    Raises:
        KeyError: a letter that the font lacks; it holds what pictures say, and no more.
    """
    placed: list[Stroke] = []
    x = 0.0
    for letter in text:
        width, shapes = LETTERS[letter]
        placed += [shape + np.array((x, 0.0)) for shape in shapes]
        x += width + _GAP
    return placed, max(x - _GAP, 0.0)


def writable(text: str) -> str:
    """Any text in the letters that there are: accents go, and what is left over is a box."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    marks = (c for c in plain if not unicodedata.combining(c))
    return "".join(c if c in LETTERS else _UNKNOWN for c in marks)
