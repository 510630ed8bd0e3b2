"""How much is kept aside, and a file cut in time: its beginning learns, its end tests."""

from collections.abc import Sequence
from dataclasses import dataclass

from whisperwave.datasets.conforming import Part
from whisperwave.datasets.sounds import Split


@dataclass(frozen=True)
class Shares:
    """How much is kept aside, of 1, and by which seed."""

    validation: float
    test: float
    seed: int = 0

    @property
    def asides(self) -> tuple[tuple[Split, float], ...]:
        """What is kept aside: each split and its share."""
        return ("validation", self.validation), ("test", self.test)


def cut_in_time(parts: Sequence[Part], shares: Shares) -> list[tuple[Split, Part]]:
    """The parts of one file by split: its beginning to learn from, then validation, then test."""
    total = sum(part.stop - part.start for part in parts)
    first = round(total * (1.0 - shares.validation - shares.test))
    second = round(total * (1.0 - shares.test))
    spans: list[tuple[Split, int, int]] = [
        ("train", 0, first), ("validation", first, second), ("test", second, total)
    ]  # fmt: skip
    cut: list[tuple[Split, Part]] = []
    for part in parts:
        for split, low, high in spans:
            start, stop = max(part.start, low), min(part.stop, high)
            if start < stop:
                source_start = part.source_start + start - part.start
                cut.append((split, Part(start, stop, source_start)))
    return cut
