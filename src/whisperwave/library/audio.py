"""Decoded sound, as it travels from the library to everything else: whole, or block by block."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Block = NDArray[np.int16] | NDArray[np.float32]  # [F, C]; 2**15 is full scale of whole numbers
Hear = Callable[[Block, int], None]  # is given each block as it is decoded, and its rate in Hz

_NARROW = np.float32(2.0**-15)


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


class Gathering:
    """Hears a sound and keeps all of it."""

    def __init__(self) -> None:
        self._blocks: deque[Block] = deque()

    def hear(self, block: Block, sample_rate: int) -> None:
        """Keep the next block, as it is."""
        del sample_rate  # whoever decodes says it at the end
        self._blocks.append(block)

    def samples(self) -> NDArray[np.float32]:
        """All that was heard, ``[C, T]``; it is given away, so that it is never held twice."""
        frames = sum(len(block) for block in self._blocks)
        samples = np.empty((self._blocks[0].shape[1] if frames else 1, frames), np.float32)
        start = 0
        while self._blocks:
            block = self._blocks.popleft()
            place = samples[:, start : start + len(block)]
            place[:] = block.T
            place *= unit(block)
            start += len(block)
        return samples


def unit(block: Block) -> np.float32:
    """What one of a block's numbers is of full scale."""
    return _NARROW if block.dtype == np.int16 else np.float32(1.0)
