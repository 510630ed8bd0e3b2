"""Without its high frequencies: what a model hears when it learns to put them back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from whisperwave.datasets.augmenting import Augmentation, On, Sound, check_range
from whisperwave.dsp.fir import Fir, interpolation
from whisperwave.mappings import from_mapping

_HALF_LENGTH = 64  # samples to each side: at 16 kHz the filter falls within 800 Hz


@dataclass(frozen=True)
class LowPass(Augmentation):
    """A limit between ``low_hz`` and ``high_hz``; by itself of the input alone.

    The filter has linear phase and its delay is taken out, so that input and target stay aligned.
    """

    on: On = "input"
    low_hz: float = 2_000.0
    high_hz: float = 6_000.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range("limit", self.low_hz, self.high_hz, 20.0, 96_000.0, "Hz")

    def drawn(self, draw: np.random.Generator) -> float:
        """A limit in hertz, all octaves as often."""
        return float(np.exp(draw.uniform(np.log(self.low_hz), np.log(self.high_hz))))

    def changed(self, sound: Sound, sample_rate: int, how: float) -> Sound:
        """The sound below the limit; a limit beyond half the rate changes nothing."""
        cycles = how / sample_rate
        if cycles >= 0.5:
            return sound
        filter_ = Fir(interpolation(1, _HALF_LENGTH, cycles))
        behind = np.zeros((*sound.shape[:-1], _HALF_LENGTH), np.float32)
        heard = np.concatenate([sound, behind], axis=-1)
        return filter_.step(heard, filter_.start(sound.shape[:-1]))[0][..., _HALF_LENGTH:]


def build(values: Mapping[str, Any]) -> LowPass:
    """From plain values."""
    return from_mapping(LowPass, values, "augmentation.low_pass")
