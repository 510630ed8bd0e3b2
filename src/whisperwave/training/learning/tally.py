"""Means over the steps since a line of the log: one step alone says little of a small batch."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class Tally:
    """Sums of figures, and of how many steps. Plain values, so that a checkpoint can hold them."""

    steps: int = 0
    sums: dict[str, float] = field(default_factory=dict)

    def add(self, figures: Mapping[str, float]) -> None:
        """Count one more step."""
        self.steps += 1
        for name, value in figures.items():
            self.sums[name] = self.sums.get(name, 0.0) + value

    def means(self) -> dict[str, float]:
        """Of every figure, over the steps that were counted; nothing before the first."""
        return {name: total / self.steps for name, total in self.sums.items()}
