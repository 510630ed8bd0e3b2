"""Pre-emphasis and its exact inverse: quantisation noise moved to where the ear forgives it.

A model trained on emphasised audio makes white µ-law noise; de-emphasis turns that noise down at
high frequencies, where it is heard most (Valin and Skoglund, "LPCNet", 2019, section 3.1).
"""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from whisperwave.errors import ConfigError

F = TypeVar("F", np.float32, np.float64)

_BLOCK = 64


def emphasise(audio: NDArray[F], coefficient: float) -> NDArray[F]:
    """``y[n] = x[n] - coefficient * x[n-1]`` along the last axis, with ``x[-1] = 0``."""
    _check(coefficient)
    wide = np.asarray(audio, np.float64)
    emphasised = wide.copy()
    emphasised[..., 1:] -= coefficient * wide[..., :-1]
    return emphasised.astype(audio.dtype)


def deemphasise(audio: NDArray[F], coefficient: float) -> NDArray[F]:
    """``y[n] = x[n] + coefficient * y[n-1]`` along the last axis, with ``y[-1] = 0``."""
    _check(coefficient)
    return _one_pole(np.asarray(audio, np.float64), coefficient).astype(audio.dtype)


def _one_pole(x: NDArray[np.float64], pole: float) -> NDArray[np.float64]:
    """The recursion, a block at a time.

    Inside a block it is a product with the filter's triangular matrix. The last samples of the
    blocks obey the same recursion with pole ** block, so they are found by the same function.
    """
    length = x.shape[-1]
    if length == 0 or pole == 0.0:
        return x.copy()
    powers = pole ** np.arange(_BLOCK + 1.0)
    lags = np.subtract.outer(np.arange(_BLOCK), np.arange(_BLOCK))
    response = np.where(lags >= 0, powers[np.abs(lags)], 0.0)
    blocks = _in_blocks(x) @ response.T
    if blocks.shape[-2] > 1:
        ends = _one_pole(blocks[..., :-1, -1], float(powers[-1]))
        blocks[..., 1:, :] += ends[..., None] * powers[1:]
    return blocks.reshape(*x.shape[:-1], -1)[..., :length]


def _in_blocks(x: NDArray[np.float64]) -> NDArray[np.float64]:
    missing = -x.shape[-1] % _BLOCK
    padded = np.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, missing)])
    return padded.reshape(*x.shape[:-1], -1, _BLOCK)


def _check(coefficient: float) -> None:
    if not -1.0 < coefficient < 1.0:
        raise ConfigError(
            "BAD_EMPHASIS",
            f"coefficient={coefficient} makes an unstable filter.",
            "Use a value between -1 and 1, for example 0.85; 0 turns emphasis off.",
        )
