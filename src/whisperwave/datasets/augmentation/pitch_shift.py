"""Higher or lower, as a tape that runs faster or slower: pitch, formants and time together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from whisperwave.datasets.augmenting import Augmentation, Sound, check_range, more
from whisperwave.dsp.resampling import resample
from whisperwave.mappings import from_mapping

_REACH = 128  # samples in which a resampler with its edge at 0.99 of Nyquist rings out


@dataclass(frozen=True)
class PitchShift(Augmentation):
    """A shift between ``low_semitones`` and ``high_semitones``; higher is shorter too."""

    low_semitones: float = -4.0
    high_semitones: float = 4.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range("shift", self.low_semitones, self.high_semitones, -24.0, 24.0, "semitones")

    def needed(self, samples: int, sample_rate: int) -> int:
        """More of them, where the pitch may rise."""
        del sample_rate  # a ratio has none
        return more(samples, max(1.0, 2.0 ** (self.high_semitones / 12.0)))

    def spoilt(self, sample_rate: int) -> int:
        """What the resampler reaches over an end, roughly."""
        del sample_rate  # samples are counted
        return _REACH

    def drawn(self, draw: np.random.Generator) -> float:
        """A ratio of pitches."""
        return float(2.0 ** (draw.uniform(self.low_semitones, self.high_semitones) / 12.0))

    def changed(self, sound: Sound, sample_rate: int, how: float) -> Sound:
        """The sound as if recorded at another rate; exact to a tenth of a cent at 16 kHz."""
        return resample(sound, round(sample_rate * how), sample_rate)


def build(values: Mapping[str, Any]) -> PitchShift:
    """From plain values."""
    return from_mapping(PitchShift, values, "augmentation.pitch_shift")
