"""What is found in samples while they are decoded: how many, how high, what is no number."""

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_VALUES = 2**29  # of all channels together: 2 GiB of floats
_FULL_16 = 2.0**15
_RUN = 2**8  # numbers of 16 bits: their sum needs 24, as many as a float has


class Findings:
    """What the samples are like, gathered block by block: ``[F, C]``, int16 or floating."""

    def __init__(self, md5_bits: int) -> None:
        self.frames = 0
        self.peak = 0.0
        self.nonfinite = 0
        self.first_nonfinite = -1
        self._sums = np.zeros(1)  # of each channel, once there is a block
        self._md5_bits = md5_bits
        self._md5 = hashlib.md5(usedforsecurity=False)

    def update(self, block: NDArray[np.floating] | NDArray[np.int16]) -> None:
        """Take the next block."""
        sums = _sums(block)
        if np.isfinite(sums).all():
            scale = _FULL_16 if block.dtype == np.int16 else 1.0
            self.peak = max(self.peak, float(block.max()) / scale, -float(block.min()) / scale)
            self._sums = self._sums + sums / scale
        else:
            self._note_nonfinite(~np.isfinite(block))
        if self._md5_bits:
            self._md5.update(_integers(block, self._md5_bits))
        self.frames += len(block)

    def _note_nonfinite(self, bad: NDArray[np.bool_]) -> None:
        if self.nonfinite == 0:
            self.first_nonfinite = self.frames + int(np.argmax(bad.any(axis=1)))
        self.nonfinite += int(bad.sum())

    def as_mapping(self) -> dict[str, Any]:
        """What was found, ready for JSON."""
        return {
            "frames": self.frames,
            "peak": self.peak,
            "nonfinite": self.nonfinite,
            "first_nonfinite": self.first_nonfinite,
            "dc": float(np.abs(self._sums).max()) / max(1, self.frames),
            "md5": self._md5.hexdigest() if self._md5_bits else "",
        }


def _sums(block: NDArray[np.floating] | NDArray[np.int16]) -> NDArray[np.float64]:
    """The sum of each channel; of whole numbers it is exact."""
    if block.dtype != np.int16:
        # Channel by channel: along the first axis NumPy adds much more slowly.
        return np.array([channel.sum(dtype=np.float64) for channel in block.T])
    # As a product of matrices it is four times faster, over runs that floats can hold the sums of.
    channels = block.shape[1]
    whole = len(block) // _RUN * _RUN
    runs = block[:whole].reshape(-1, _RUN * channels).astype(np.float32)
    each = runs @ np.tile(np.eye(channels, dtype=np.float32), (_RUN, 1))
    rest = block[whole:].sum(axis=0, dtype=np.float64)
    return np.asarray(each.sum(axis=0, dtype=np.float64) + rest)


def _integers(block: NDArray[np.floating] | NDArray[np.int16], bits: int) -> bytes:
    """The samples as FLAC digests them: little-endian, in the fewest whole bytes."""
    if block.dtype == np.int16:
        return block.astype("<i2", copy=False).tobytes()
    whole = np.rint(block * 2.0 ** (bits - 1)).astype("<i4")
    width = (bits + 7) // 8
    return bytes(whole.view(np.uint8).reshape(-1, 4)[:, :width].tobytes())
