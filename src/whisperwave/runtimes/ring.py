"""A ring of sound between the thread that makes it and the one that plays it.

Neither waits for the other: there is no lock. The maker alone moves ``written``, the player alone
moves ``read``, and either only ever sees the other's number too small, which is safe.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

FADE_SECONDS = 0.005


class Ring:
    """Sound that was made ahead; when it runs out, the player hears it fade, not click.

    Args:
        channels: of the sound.
        samples: how much it holds.
        sample_rate: in Hz.
    """

    def __init__(self, channels: int, samples: int, sample_rate: int) -> None:
        fade = max(1, round(FADE_SECONDS * sample_rate))
        self._sound = np.zeros((max(samples, 4 * fade), channels), np.float32)
        self._ramp = ((np.arange(fade) + 0.5) / fade).astype(np.float32)[:, np.newaxis]
        self._written, self._read = 0, 0
        self._ended = self._stopped = False
        self._sounding, self._place = True, fade  # how far up the ramp the sound is
        self.underruns = 0
        """How often the sound ran out."""
        self.missing = 0
        """Samples of silence in its place."""

    @property
    def played(self) -> int:
        """Samples that were read."""
        return self._read

    @property
    def drained(self) -> bool:
        """Nothing more will be heard: all of it was played, or it was stopped and has faded."""
        finished = self._ended and self._read == self._written
        return bool(finished or (self._stopped and self._place == 0))

    def write(self, block: Floats) -> int:
        """Put as much of ``block [C, n]`` as there is room for behind what is there; how much."""
        count: int = min(block.shape[1], len(self._sound) - (self._written - self._read))
        for part, place in self._places(self._written, count):
            self._sound[place] = block.T[part]
        self._written += count
        return count

    def end(self) -> None:
        """Nothing more will be written; what is there is played."""
        self._ended = True

    def stop(self) -> None:
        """Fade now, and be silent."""
        self._stopped = True

    def read(self, out: Floats) -> None:
        """Fill ``out [n, C]``, in the player's thread: nothing is allocated but views."""
        have = self._written - self._read
        self._sounding = self._goes_on(have, len(out))
        if self._sounding:
            count = min(have, len(out))
            self._take(out[:count])
            up = min(count, len(self._ramp) - self._place)
            out[:up] *= self._ramp[self._place : self._place + up]
            self._place += up
        else:
            count = min(have, len(out), self._place)
            self._take(out[:count])
            out[:count] *= self._ramp[self._place - count : self._place][::-1]
            self._place -= count
            self.missing += 0 if self._stopped else len(out) - count
        out[count:] = 0.0

    def _goes_on(self, have: int, wanted: int) -> bool:
        """Whether there is sound to play, and enough after it for a fade."""
        if self._stopped:
            return False
        if not self._sounding:
            return self._ended or have >= len(self._sound) // 2
        enough = self._ended or have >= wanted + len(self._ramp)
        self.underruns += not enough
        return enough

    def _take(self, out: Floats) -> None:
        for part, place in self._places(self._read, len(out)):
            out[part] = self._sound[place]
        self._read += len(out)

    def _places(self, first: int, count: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
        """Which part of ``count`` samples lies where in the ring: up to its end, and after it."""
        start = first % len(self._sound)
        before = min(count, len(self._sound) - start)
        return (
            (slice(before), slice(start, start + before)),
            (slice(before, count), slice(count - before)),
        )
