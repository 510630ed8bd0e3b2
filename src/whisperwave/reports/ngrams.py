"""The n-gram baseline: how well the last few samples alone predict the next one.

Interpolated backoff after I. H. Witten and T. C. Bell, "The zero-frequency problem", IEEE Trans.
Information Theory 37 (1991): a context that was followed by many different classes trusts the
shorter context more.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Classes = NDArray[np.integer]
Codes = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Order:
    """What was counted of one order: grams, their contexts, and the classes after each context."""

    grams: Codes
    gram_counts: Codes
    contexts: Codes
    context_counts: Codes
    kinds: Codes


class NGrams:
    """Counts of runs of up to ``order`` classes.

    Args:
        material: ``[T]`` classes, one array for each sound.
        order: the length of the longest run: 5 means four classes predict the fifth.
        levels: how many classes there are; ``levels ** order`` below 2^63.
    """

    def __init__(self, material: list[Classes], order: int = 5, levels: int = 256) -> None:
        self._levels = levels
        self._orders = [self._count(material, length) for length in range(1, order + 1)]

    def bits_per_sample(self, classes: Classes) -> float:
        """Mean surprise in bits at ``classes [T]``, from the first that has a full context."""
        probability = np.full(len(classes), 1.0 / self._levels)
        for length, counted in enumerate(self._orders, start=1):
            probability = self._refine(classes, length, counted, probability)
        return float(-np.mean(np.log2(probability)))

    def _count(self, material: list[Classes], length: int) -> _Order:
        codes = np.concatenate([_codes(classes, length, self._levels) for classes in material])
        grams, gram_counts = np.unique(codes, return_counts=True)
        parents, kinds = np.unique(grams // self._levels, return_counts=True)
        context_counts = np.add.reduceat(
            gram_counts, np.searchsorted(grams // self._levels, parents)
        )
        return _Order(grams, gram_counts, parents, context_counts, kinds)

    def _refine(self, classes: Classes, length: int, counted: _Order, shorter: Floats) -> Floats:
        """P(x | c) = (n(c, x) + kinds(c) P(x | shorter c)) / (n(c) + kinds(c))."""
        codes = _codes(classes, length, self._levels)
        shorter = shorter[len(shorter) - len(codes) :]
        here = _looked_up(counted.grams, counted.gram_counts, codes)
        seen = _looked_up(counted.contexts, counted.context_counts, codes // self._levels)
        kinds = _looked_up(counted.contexts, counted.kinds, codes // self._levels)
        total = seen + kinds
        refined = (here + kinds * shorter) / np.maximum(total, 1)
        return np.where(total > 0, refined, shorter)


def _codes(classes: Classes, length: int, levels: int) -> Codes:
    """Every run of ``length`` classes as one number, ``[T - length + 1]``, last class lowest."""
    wide = np.asarray(classes, np.int64)
    count = len(wide) - length + 1
    codes = np.zeros(max(0, count), np.int64)
    for start in range(length):
        codes = codes * levels + wide[start : start + count]
    return codes


def _looked_up(keys: Codes, values: Codes, wanted: Codes) -> Codes:
    """The value of every wanted key, 0 where there is none; ``keys`` ascend."""
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, values[place], 0)
