"""Without its high frequencies: what a model hears when it learns to put them back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from whisperwave.datasets.augmenting import Augmentation, Side, Sound, check_range
from whisperwave.dsp.fir import Fir, interpolation
from whisperwave.mappings import from_mapping

_HALF_LENGTH = 64  # samples to each side: at 16 kHz the filter falls within 800 Hz
_BLOCK = 8_192 - 2 * _HALF_LENGTH  # with what the filter remembers, a length that factors well


@dataclass(frozen=True)
class LowPass(Augmentation):
    """A limit between ``low_hz`` and ``high_hz``; by itself of the input alone.

    The filter has linear phase and its delay is taken out, so that input and target stay aligned.
    """

    side: Side = "input"
    low_hz: float = 2_000.0
    high_hz: float = 6_000.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range("limit", self.low_hz, self.high_hz, 20.0, 96_000.0, "Hz")

    def spoilt(self, sample_rate: int) -> int:
        """What the filter reaches over an end."""
        del sample_rate  # samples are counted
        return _HALF_LENGTH

    def drawn(self, draw: np.random.Generator) -> float:
        """A limit in hertz, all octaves as often."""
        return float(np.exp(draw.uniform(np.log(self.low_hz), np.log(self.high_hz))))

    def changed(self, sound: Sound, sample_rate: int, how: float) -> Sound:
        """The sound below the limit; a limit beyond half the rate changes nothing."""
        cycles = how / sample_rate
        if cycles >= 0.5:
            return sound
        behind = np.zeros((*sound.shape[:-1], _HALF_LENGTH), np.float32)
        heard = np.concatenate([sound, behind], axis=-1)
        return _filtered(heard, cycles)[..., _HALF_LENGTH:]


def _filtered(heard: Sound, cycles: float) -> Sound:
    """A sound ``[C, T]`` below a limit in cycles a sample, late by half the filter."""
    filter_ = Fir(interpolation(1, _HALF_LENGTH, cycles))
    state, parts = filter_.start(heard.shape[:-1]), []
    for start in range(0, heard.shape[-1], _BLOCK):
        part, state = filter_.step(heard[..., start : start + _BLOCK], state)
        parts.append(part)
    return np.concatenate(parts, axis=-1)


def build(values: Mapping[str, Any]) -> LowPass:
    """From plain values."""
    return from_mapping(LowPass, values, "augmentation.low_pass")
