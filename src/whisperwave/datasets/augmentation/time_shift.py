"""Earlier or later: two takes of one phrase are never in time with each other."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from whisperwave.datasets.augmenting import Augmentation, Sound, check_range
from whisperwave.mappings import from_mapping


@dataclass(frozen=True)
class TimeShift(Augmentation):
    """A shift between ``low_seconds`` (earlier) and ``high_seconds`` (later)."""

    low_seconds: float = -0.1
    high_seconds: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range("shift", self.low_seconds, self.high_seconds, -10.0, 10.0, "s")

    def spoilt(self, sample_rate: int) -> int:
        """As far as the sound may move."""
        return round(max(abs(self.low_seconds), abs(self.high_seconds)) * sample_rate)

    def drawn(self, draw: np.random.Generator) -> float:
        """Seconds."""
        return float(draw.uniform(self.low_seconds, self.high_seconds))

    def changed(self, sound: Sound, sample_rate: int, how: float) -> Sound:
        """The sound, as long as before; what moves in from an end is silence."""
        samples = sound.shape[-1]
        shift = max(-samples, min(samples, round(how * sample_rate)))
        silence = np.zeros((*sound.shape[:-1], abs(shift)), np.float32)
        if shift < 0:
            return np.concatenate([sound[..., -shift:], silence], axis=-1)
        return np.concatenate([silence, sound[..., : samples - shift]], axis=-1)


def build(values: Mapping[str, Any]) -> TimeShift:
    """From plain values."""
    return from_mapping(TimeShift, values, "augmentation.time_shift")
