"""Second-order filters run by blocks, so that a recursion over every sample becomes products."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

_BLOCK = 128

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Biquad:
    """``y[n] = b0 x[n] + b1 x[n-1] + b2 x[n-2] - a1 y[n-1] - a2 y[n-2]``."""

    b: tuple[float, float, float]
    a: tuple[float, float]

    def __call__(self, audio: Doubles) -> Doubles:
        """Filter along the last axis, from rest."""
        return self.step(audio, self.start(audio.shape[:-1]))[0]

    def start(self, channels: tuple[int, ...] = ()) -> Doubles:
        """The state of a filter at rest: the last two outputs of its poles alone."""
        return np.zeros((*channels, 2))

    def step(self, audio: Doubles, state: Doubles) -> tuple[Doubles, Doubles]:
        """The next samples ``[..., n]``, filtered, and the state after them.

        The audio is cut into blocks. What a block's own input gives is one product with the
        filter's triangular matrix; what the block before leaves behind is two numbers, its last
        two outputs without feed-forward, carried from block to block.
        """
        length = audio.shape[-1]
        padded = np.pad(audio, [(0, 0)] * (audio.ndim - 1) + [(0, -length % _BLOCK)])
        blocks = padded.reshape(*audio.shape[:-1], -1, _BLOCK)
        recursive = blocks @ self._own
        self._carry(recursive, state)
        rung = recursive.reshape(padded.shape)[..., :length]
        known = np.concatenate([state, rung], axis=-1)
        return self._zeros(known), known[..., length:]

    def response(self, cycles: NDArray[np.floating]) -> NDArray[np.complex128]:
        """What frequencies, in cycles a sample, are multiplied by."""
        back = np.exp(-2j * np.pi * np.asarray(cycles))
        above = self.b[0] + back * (self.b[1] + back * self.b[2])
        return np.asarray(above / (1.0 + back * (self.a[0] + back * self.a[1])))

    @cached_property
    def _poles(self) -> Doubles:
        """The impulse response of the poles alone, one sample longer than a block."""
        response = np.zeros(_BLOCK + 1)
        response[0] = 1.0
        response[1] = -self.a[0]
        for n in range(2, _BLOCK + 1):
            response[n] = -self.a[0] * response[n - 1] - self.a[1] * response[n - 2]
        return response

    @cached_property
    def _own(self) -> Doubles:
        """From a block's input to what it alone makes the poles ring, ``[_BLOCK, _BLOCK]``."""
        return np.ascontiguousarray(_toeplitz(self._poles[:_BLOCK]).T)

    def _carry(self, recursive: Doubles, before: Doubles) -> None:
        """Add to every block what the two samples before it ring on, in place."""
        newest, older = self._poles[1:], -self.a[1] * self._poles[:-1]
        for block in range(recursive.shape[-2]):
            recursive[..., block, :] += before[..., 1:] * newest + before[..., :1] * older
            before = recursive[..., block, -2:]

    def _zeros(self, known: Doubles) -> Doubles:
        newest, one, two = known[..., 2:], known[..., 1:-1], known[..., :-2]
        return np.asarray(self.b[0] * newest + self.b[1] * one + self.b[2] * two)


def _toeplitz(response: Doubles) -> Doubles:
    """The lower triangular matrix that convolves with ``response``."""
    lags = np.subtract.outer(np.arange(len(response)), np.arange(len(response)))
    return np.where(lags >= 0, response[np.abs(lags)], 0.0)
