"""A text as training material: which symbols it has, and which part of it is kept aside."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from whisperwave.datasets import Excerpt, Split
from whisperwave.datasets.sounds import ReadSounds
from whisperwave.errors import TrainingError

UNKNOWN = "\N{REPLACEMENT CHARACTER}"
FIRST = "\n"  # what a text without a beginning goes on from
MOST_BYTES = 2**30


@dataclass(frozen=True)
class Text:
    """A text as classes of its ``symbols``, laid out as sounds are: int16 ``[T]`` in two excerpts.

    Nothing of one is in the other. A text has no rate: its "samples" are symbols, 1 a "second".
    """

    symbols: tuple[str, ...]
    sounds: ReadSounds


def read_text(path: Path, validation: float, most_symbols: int) -> Text:
    """Read a UTF-8 text; its end is kept aside.

    Line ends of every kind become one. A text of more than ``most_symbols`` different symbols keeps
    the most frequent; the others become one that stands for them.

    Args:
        path: of the text.
        validation: share that is kept aside; 0 keeps nothing.
        most_symbols: 2 to 32,768.

    Raises:
        TrainingError: ``NO_TEXT``, the file cannot be read, is not UTF-8, or is too long.
    """
    text = _read(path)
    symbols = _symbols(text, most_symbols)
    classes = _classes(text, symbols)
    cut = len(classes) - round(validation * len(classes))
    parts: list[tuple[Split, int, int]] = [("train", 0, cut), ("validation", cut, len(classes))]
    excerpts = tuple(
        Excerpt(path.name, "", split, start, stop) for split, start, stop in parts if stop > start
    )
    return Text(symbols, ReadSounds(classes, 1, excerpts, ()))


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise TrainingError(
                "NO_TEXT",
                f"{str(path)!r} has {path.stat().st_size} bytes.",
                f"Use up to {MOST_BYTES}.",
            )
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TrainingError(
            "NO_TEXT", f"{str(path)!r} cannot be read: {error}.", "Give a text file in UTF-8."
        ) from error
    if len(set(text)) < 2:
        raise TrainingError(
            "NO_TEXT", f"{str(path)!r} has {len(set(text))} different symbols.", "Give a text."
        )
    return text


def _symbols(text: str, most: int) -> tuple[str, ...]:
    counts = Counter(text)
    if len(counts) > most:
        counts.pop(UNKNOWN, None)
        kept = [*(symbol for symbol, _ in counts.most_common(most - 1)), UNKNOWN]
    else:
        kept = list(counts)
    return tuple(sorted(kept, key=lambda symbol: (symbol != FIRST, symbol)))


def _classes(text: str, symbols: tuple[str, ...]) -> NDArray[np.int16]:
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    known = np.array([ord(symbol) for symbol in symbols], np.uint32)
    order = np.argsort(known)
    found = order[np.minimum(np.searchsorted(known, points, sorter=order), len(known) - 1)]
    missing = known[found] != points
    if missing.any():
        found = np.where(missing, symbols.index(UNKNOWN), found)
    return np.asarray(found, np.int16)
