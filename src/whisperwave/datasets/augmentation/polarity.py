"""Upside down: no ear hears it, so no model should."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from whisperwave.datasets.augmenting import Augmentation, Sound
from whisperwave.mappings import from_mapping


@dataclass(frozen=True)
class Polarity(Augmentation):
    """Every sample with the other sign."""

    def drawn(self, draw: np.random.Generator) -> None:
        """There is one way only."""
        del draw

    def changed(self, sound: Sound, sample_rate: int, how: None) -> Sound:
        """The sound, upside down."""
        del sample_rate, how  # always the same
        return -sound


def build(values: Mapping[str, Any]) -> Polarity:
    """From plain values."""
    return from_mapping(Polarity, values, "augmentation.polarity")
