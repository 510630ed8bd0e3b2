"""Noise of some colour under the sound, as rooms and microphones add it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from whisperwave.datasets.augmenting import Augmentation, Sound, check_range
from whisperwave.mappings import from_mapping

_LARGEST_SEED = 2**63
_GRID = 4096  # transforms are as long as a multiple of this, which factors well


@dataclass(frozen=True)
class Noise:
    """One noise: how far below the sound, its colour, and which."""

    snr_db: float
    exponent: float
    seed: int


@dataclass(frozen=True)
class ColouredNoise(Augmentation):
    """Noise between ``low_snr_db`` and ``high_snr_db`` below the sound's own power.

    Its power falls as frequency to the power of an exponent between ``low_exponent`` and
    ``high_exponent``: 0 is white, 1 pink, 2 brown, -1 blue.
    """

    low_snr_db: float = 20.0
    high_snr_db: float = 30.0
    low_exponent: float = -1.0
    high_exponent: float = 2.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range("signal to noise", self.low_snr_db, self.high_snr_db, -30.0, 120.0, "dB")
        check_range("exponent", self.low_exponent, self.high_exponent, -2.0, 2.0, "")

    def drawn(self, draw: np.random.Generator) -> Noise:
        """A noise."""
        return Noise(
            float(draw.uniform(self.low_snr_db, self.high_snr_db)),
            float(draw.uniform(self.low_exponent, self.high_exponent)),
            int(draw.integers(_LARGEST_SEED)),
        )

    def changed(self, sound: Sound, sample_rate: int, how: Noise) -> Sound:
        """The sound with the noise in it; silence stays silence."""
        del sample_rate  # a colour is the same at every rate
        noise = coloured(sound.shape, how.exponent, np.random.default_rng(how.seed))
        power = np.mean(np.square(sound, dtype=np.float64))
        level = np.sqrt(power) * 10.0 ** (-how.snr_db / 20.0)
        return sound + np.float32(level) * noise


def coloured(shape: tuple[int, ...], exponent: float, draw: np.random.Generator) -> Sound:
    """Noise ``[..., T]`` of power 1 that falls as frequency to the power of ``exponent``."""
    size = -(-shape[-1] // _GRID) * _GRID
    frequency = np.arange(1, size // 2 + 2, dtype=np.float32)
    parts = draw.standard_normal((*shape[:-1], len(frequency), 2), np.float32)
    spectrum = parts.view(np.complex64)[..., 0] * frequency ** np.float32(-exponent / 2.0)
    noise = np.fft.irfft(spectrum, size)[..., : shape[-1]]
    power = np.mean(np.square(noise, dtype=np.float64))
    return np.asarray(noise / np.sqrt(power + 1e-300), np.float32)


def build(values: Mapping[str, Any]) -> ColouredNoise:
    """From plain values."""
    return from_mapping(ColouredNoise, values, "augmentation.coloured_noise")
