"""What other results tell of a run: scores of its classes, and times of generation."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whisperwave.errors import ConfigError
from whisperwave.reports.histories.eventlog import minutes_of


def scores_of(evaluation: object) -> dict[str, float]:
    """The score of each class in what ``whisperwave evaluate style --json`` printed.

    Raises:
        ConfigError: ``NO_SCORES``.
    """
    found: Any = evaluation.get("per_style") if isinstance(evaluation, Mapping) else None
    scores = {
        str(name): float(score)
        for name, score in (found.items() if isinstance(found, Mapping) else ())
        if isinstance(score, int | float) and np.isfinite(score)
    }
    if not scores:
        raise ConfigError(
            "NO_SCORES", "the evaluation has no score for any class.",
            "Give what `whisperwave evaluate style --json` prints.",
        )  # fmt: skip
    return scores


def times_of(grid: object) -> list[float]:
    """The seconds that each sound of a ``grid.json`` took, in its order.

    Raises:
        ConfigError: ``NO_TIMES``.
    """
    cells: Any = grid.get("cells") if isinstance(grid, Mapping) else None
    times = [
        float(cell["elapsed_seconds"])
        for cell in (cells if isinstance(cells, list) else ())
        if isinstance(cell, Mapping) and isinstance(cell.get("elapsed_seconds"), int | float)
    ]
    if not times:
        raise ConfigError(
            "NO_TIMES", "the grid says of no sound how long it took.",
            "Give the grid.json that `whisperwave grid` has written.",
        )  # fmt: skip
    return times


def minutes_of_set(manifest: object) -> dict[str, float]:
    """The minutes of each class in the training split of a prepared set, by its manifest.

    Raises:
        ConfigError: ``NO_MINUTES``.
    """
    minutes = minutes_of(manifest.get("train_minutes") if isinstance(manifest, Mapping) else None)
    if not minutes:
        raise ConfigError(
            "NO_MINUTES", "the manifest of the set has minutes of no class.",
            "Give the folder that `whisperwave prepare` has made.",
        )  # fmt: skip
    return minutes


def rank_correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float | None:
    """Spearman's: 1 if the larger of one is the larger of the other; None for fewer than three.

    C. Spearman, "The proof and measurement of association between two things", American Journal of
    Psychology 15 (1904); equal values share their mean rank.
    """
    if len(one) < 3 or np.ptp(one) == 0.0 or np.ptp(other) == 0.0:
        return None
    return float(np.corrcoef(_ranks(one), _ranks(other))[0, 1])


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: NDArray[np.float64] = (np.cumsum(counts) - (counts - 1) / 2.0)[which]
    return ranks
