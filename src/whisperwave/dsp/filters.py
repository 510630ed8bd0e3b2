"""Second-order filters run by blocks, so that a recursion over every sample becomes products."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_BLOCK = 128


@dataclass(frozen=True)
class Biquad:
    """``y[n] = b0 x[n] + b1 x[n-1] + b2 x[n-2] - a1 y[n-1] - a2 y[n-2]``."""

    b: tuple[float, float, float]
    a: tuple[float, float]

    def __call__(self, audio: NDArray[np.float64]) -> NDArray[np.float64]:
        """Filter along the last axis, from rest.

        The audio is cut into blocks. What a block's own input gives is one product with the
        filter's triangular matrix; what the block before leaves behind is two numbers, its last
        two outputs without feed-forward, carried from block to block.
        """
        length = audio.shape[-1]
        padded = np.pad(audio, [(0, 0)] * (audio.ndim - 1) + [(0, -length % _BLOCK)])
        blocks = padded.reshape(*audio.shape[:-1], -1, _BLOCK)
        poles = self._response()
        state = blocks @ _toeplitz(poles[:_BLOCK]).T
        self._carry(state, poles)
        recursive = state.reshape(padded.shape)
        return self._zeros(recursive)[..., :length]

    def _response(self) -> NDArray[np.float64]:
        """The impulse response of the poles alone, one sample longer than a block."""
        response = np.zeros(_BLOCK + 1)
        response[0] = 1.0
        response[1] = -self.a[0]
        for n in range(2, _BLOCK + 1):
            response[n] = -self.a[0] * response[n - 1] - self.a[1] * response[n - 2]
        return response

    def _carry(self, state: NDArray[np.float64], poles: NDArray[np.float64]) -> None:
        """Add to every block what the two samples before it ring on, in place."""
        newest, older = poles[1:], -self.a[1] * poles[:-1]
        for block in range(1, state.shape[-2]):
            before = state[..., block - 1, -2:]
            state[..., block, :] += before[..., 1:] * newest + before[..., :1] * older

    def _zeros(self, recursive: NDArray[np.float64]) -> NDArray[np.float64]:
        out = self.b[0] * recursive
        out[..., 1:] += self.b[1] * recursive[..., :-1]
        out[..., 2:] += self.b[2] * recursive[..., :-2]
        return out


def _toeplitz(response: NDArray[np.float64]) -> NDArray[np.float64]:
    """The lower triangular matrix that convolves with ``response``."""
    lags = np.subtract.outer(np.arange(len(response)), np.arange(len(response)))
    return np.where(lags >= 0, response[np.abs(lags)], 0.0)
