"""Scores: how often the nearest style is the right one."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from whisperwave.generation.evaluation.judges import Opinion
from whisperwave.reports.metrics import wilson_interval


@dataclass(frozen=True)
class Verdict:
    """One judge's opinion of one performance."""

    style: str
    seed: int
    opinion: Opinion

    @property
    def right(self) -> bool:
        """Whether the nearest style is the one that was asked for."""
        return self.opinion.nearest == self.style

    def as_mapping(self) -> dict[str, Any]:
        """A JSON-ready form."""
        own = self.opinion.distances[self.style]
        nearest = self.opinion.nearest
        return {
            "style": self.style,
            "seed": self.seed,
            "nearest": nearest,
            "distance_to_own": round(own, 4),
            "distance_to_nearest": round(self.opinion.distances[nearest], 4),
        }


def score(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Top-1 with its Wilson interval, per style, and every verdict, JSON-ready."""
    by_style: dict[str, list[bool]] = defaultdict(list)
    for verdict in verdicts:
        by_style[verdict.style].append(verdict.right)
    right = sum(verdict.right for verdict in verdicts)
    low, high = wilson_interval(right, len(verdicts))
    return {
        "top1": right / len(verdicts),
        "top1_interval": [round(low, 4), round(high, 4)],
        "per_style": {style: sum(hits) / len(hits) for style, hits in by_style.items()},
        "verdicts": [verdict.as_mapping() for verdict in verdicts],
    }
