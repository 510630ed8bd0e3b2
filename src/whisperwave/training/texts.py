"""A text as training material: which symbols it has, and which part of it is kept aside."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from whisperwave.datasets import Excerpt, Sounds
from whisperwave.errors import TrainingError
from whisperwave.training.coding import Samples

UNKNOWN = "\N{REPLACEMENT CHARACTER}"
FIRST = "\n"  # what a text without a beginning goes on from
MOST_BYTES = 2**30


@dataclass(frozen=True)
class Text:
    """A text as classes of its ``symbols``, cut in two; nothing of one part is in the other."""

    symbols: tuple[str, ...]
    train: NDArray[np.int16]
    validation: NDArray[np.int16]

    @property
    def samples(self) -> dict[Excerpt, Samples]:
        """Both parts, by the excerpts of `sounds`."""
        parts = (self.train, self.validation)
        return {e: part for e, part in zip(self.sounds.excerpts, parts, strict=True) if len(part)}

    @property
    def sounds(self) -> Sounds:
        """Where the parts lie, as crops are told it; a text has no sound and no rate."""
        end, stop = len(self.train), len(self.train) + len(self.validation)
        excerpts = (
            Excerpt("text", "", "train", 0, end),
            Excerpt("text", "", "validation", end, stop),
        )
        return Sounds(np.empty(0, np.int16), 1, excerpts, ())


def read_text(path: Path, validation: float, most_symbols: int) -> Text:
    """Read a UTF-8 text; its end is kept aside.

    Line ends of every kind become one. A text of more than ``most_symbols`` different symbols keeps
    the most frequent; the others become one that stands for them.

    Args:
        path: of the text.
        validation: share that is kept aside.
        most_symbols: 2 to 32,768.

    Raises:
        TrainingError: ``NO_TEXT``, the file cannot be read, is not UTF-8, or is too long.
    """
    text = _read(path)
    symbols = _symbols(text, most_symbols)
    classes = _classes(text, symbols)
    cut = len(classes) - round(validation * len(classes))
    return Text(symbols, classes[:cut], classes[cut:])


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
