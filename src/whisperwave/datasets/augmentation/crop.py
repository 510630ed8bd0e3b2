"""A piece cut out, input and target at the same place."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from whisperwave.datasets.augmenting import Augmentation, Sound
from whisperwave.errors import ConfigError, check_within
from whisperwave.mappings import from_mapping


@dataclass(frozen=True)
class Crop(Augmentation):
    """So many ``samples``, from anywhere; a sound that is shorter stays whole.

    Always of both in the same way: cut from different places, they would have nothing to do with
    each other.
    """

    samples: int = 65_536

    def __post_init__(self) -> None:
        super().__post_init__()
        check_within("samples", self.samples, 1, 2**31, "samples")
        if self.side != "both" or self.probability != 1.0:
            raise ConfigError(
                "BAD_SETTINGS",
                f"A crop with side={self.side!r}, probability={self.probability:g}.",
                "Leave both out: a crop is always of both.",
            )  # fmt: skip

    def drawn(self, draw: np.random.Generator) -> float:
        """Where it begins, as a share of the places there are."""
        return float(draw.random())

    def changed(self, sound: Sound, sample_rate: int, how: float) -> Sound:
        """The piece."""
        del sample_rate  # samples are counted
        start = int(how * (max(0, sound.shape[-1] - self.samples) + 1))
        return sound[..., start : start + self.samples]


def build(values: Mapping[str, Any]) -> Crop:
    """From plain values."""
    return from_mapping(Crop, values, "augmentation.crop")
