"""Louder or softer, so that a model does not learn a level."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from whisperwave.datasets.augmenting import Augmentation, Sound, check_range
from whisperwave.mappings import from_mapping


@dataclass(frozen=True)
class Gain(Augmentation):
    """A gain between ``low_db`` and ``high_db``."""

    low_db: float = -6.0
    high_db: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range("gain", self.low_db, self.high_db, -60.0, 24.0, "dB")

    def drawn(self, draw: np.random.Generator) -> float:
        """A factor."""
        return float(10.0 ** (draw.uniform(self.low_db, self.high_db) / 20.0))

    def changed(self, sound: Sound, sample_rate: int, how: float) -> Sound:
        """The sound times the factor."""
        del sample_rate  # a level has none
        return sound * np.float32(how)


def build(values: Mapping[str, Any]) -> Gain:
    """From plain values."""
    return from_mapping(Gain, values, "augmentation.gain")
