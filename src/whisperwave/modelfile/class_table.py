"""Classes that a model file lists by value, because they are not those of our own µ-law."""

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

NAME = "classes"
_KEYS = {"name", "levels", "preemphasis", "values", "edges"}


def fault(codec: Mapping[str, Any]) -> str | None:
    """What is wrong with a codec that lists its classes, or None; also None for any other codec."""
    if codec.get("name") != NAME:
        return None
    if codec.keys() != _KEYS:
        return f"codec holds {sorted(codec)!r:.200}, expected {sorted(_KEYS)}"
    levels, values, edges = codec["levels"], codec["values"], codec["edges"]
    if not _within_one(values, levels) or not _within_one(edges, levels - 1):
        return f"codec lists no {levels} values and {levels - 1} edges from -1.0 to 1.0"
    if any(below >= above for below, above in pairwise(edges)):
        return "codec lists edges that do not rise"
    return None


def _within_one(numbers: Any, count: int) -> bool:
    return (
        isinstance(numbers, list)
        and len(numbers) == count
        and all(type(number) is float and math.fabs(number) <= 1.0 for number in numbers)
    )
