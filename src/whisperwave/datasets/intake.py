"""What a prepared set needs of a sound, taken block by block while it is decoded.

The sound is never whole in memory at its own rate and in all its channels. That saves time as well
as room: a block is still in the processor's cache when it is mixed.
"""

from functools import reduce

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp.resampling import Resampler
from whisperwave.errors import AudioError
from whisperwave.library.audio import Block, unit

_CLIPPED = np.float32(0.9999)  # of full scale: what 16 bits can hold no more than


class Intake:
    """Hears a sound, and keeps it in the channels and at the rate of a set.

    Args:
        channels: 1 is the mean of all, 2 the first two or the only one twice.
        sample_rate: of the set, in Hz.
        first_seconds: only the beginning is kept, for so long; None keeps all.

    Attributes:
        peak: of what was kept, before anything was done to it.
        notes: what a listener should know.
    """

    def __init__(self, channels: int, sample_rate: int, first_seconds: float | None) -> None:
        self._channels, self._sample_rate, self._seconds = channels, sample_rate, first_seconds
        self._resampler: Resampler | None = None
        self._frames = self._values = self._clipped = 0
        self.peak = 0.0
        self.notes: list[str] = []

    def hear(self, block: Block, sample_rate: int) -> None:
        """Take the next frames ``[F, C]`` of a sound of so many Hz."""
        if self._resampler is None:
            self._begin(block.shape[1], sample_rate)
        if self._seconds is not None:
            block = block[: max(1, round(self._seconds * sample_rate)) - self._frames]
        if len(block) and self._resampler is not None:
            self._frames += len(block)
            self._measure(block)
            self._resampler.take(mixed(block, self._channels))

    @property
    def clipped(self) -> float:
        """The share of samples at full scale."""
        return self._clipped / self._values if self._clipped else 0.0

    def finish(self) -> NDArray[np.float32]:
        """The whole sound ``[C, T]`` at the set's rate.

        Raises:
            AudioError: ``SILENT``, or ``TOO_SHORT`` for less than one sample.
        """
        if self._resampler is None or self.peak == 0.0:
            what = "Every sample is zero."
            raise AudioError("SILENT", what, "There is nothing to learn from it.")
        whole = self._resampler.finish()
        if whole.shape[-1] == 0:
            raise AudioError("TOO_SHORT", "It is shorter than one sample.", "Give a longer sound.")
        return whole

    def _begin(self, have: int, sample_rate: int) -> None:
        self._resampler = Resampler(self._channels, sample_rate, self._sample_rate)
        if have > self._channels > 1:
            self.notes.append(f"CHANNELS: the first two of {have} were kept.")

    def _measure(self, block: Block) -> None:
        peak, clipped = peak_and_clipped(block)
        self.peak = max(self.peak, peak)
        self._clipped += clipped
        self._values += block.size


def peak_and_clipped(samples: Block) -> tuple[float, int]:
    """The highest of some samples, and how many are at full scale."""
    peak = max(float(samples.max(initial=0)), -float(samples.min(initial=0))) * float(unit(samples))
    if peak < _CLIPPED:
        return peak, 0
    return peak, int(np.count_nonzero(np.abs(samples * unit(samples)) >= _CLIPPED))


def mixed(block: Block, channels: int) -> NDArray[np.float32]:
    """The mean of all channels, ``[F, 1]``, or two of them, ``[F, 2]``; 1 is full scale."""
    floats = block.astype(np.float32, copy=False)
    if channels == 1:
        # Added channel by channel: along its short axis NumPy is thirty times slower.
        mean: NDArray[np.float32] = reduce(np.add, floats.T) * unit(block)
        mean /= np.float32(block.shape[1])
        return mean[:, None]
    pair = floats[:, :2] if block.shape[1] > 1 else np.repeat(floats, 2, axis=1)
    return np.ascontiguousarray(pair * unit(block))
