"""Decoded sound, as it travels from the library to everything else."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Audio:
    """Samples with their rate, and what a listener should know about how they were read.

    ``samples`` is float32 ``[C, T]``, full scale 1.0, never clipped; ``notes`` are sentences that
    begin with a code, for example ``EXT_MISMATCH: …``.
    """

    samples: NDArray[np.float32]
    sample_rate: int
    notes: tuple[str, ...] = ()

    @property
    def channels(self) -> int:
        """The number of channels, C."""
        return int(self.samples.shape[0])

    @property
    def seconds(self) -> float:
        """The length in seconds."""
        return float(self.samples.shape[-1]) / self.sample_rate
