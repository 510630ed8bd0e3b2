"""Limits of what an int8 product hears: those of the least error to be expected in what it tells.

A product hears each channel in equal steps up to the channel's limit, and its weights in steps of
a 127th of the largest of their row, once the steps of the channels are multiplied into them. A low
limit clips what is large; a high one leaves few steps to what is small, and to the weights of the
other channels. How large the activations were foretells all three errors, and the limits are those
of the least sum.

What a large error costs beside many small ones depends on the network, so the sum is of powers of
errors, and the power is for the caller to choose (Nahshan and others, "Loss aware post-training
quantization", 2019). That weights and activations share the steps is after Xiao and others,
"SmoothQuant", 2023.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Counts = NDArray[np.int64]

_WEIGHT_STEPS = 127
_BITS_BELOW = 21  # of a float32, below its exponent and the two bits after it, which name its bin
_BINS = 1019  # four to an octave; what is above is larger than any activation
_BESIDE = 12  # bins on either side of the largest size: limits from an eighth to eight times of it
_SWEEPS = 8  # at most; the choice mostly stands after three


def _edges() -> Doubles:
    bits = np.arange(_BINS + 1, dtype=np.int32) << np.int32(_BITS_BELOW)
    return np.asarray(bits.view(np.float32), np.float64)


_EDGES = _edges()
_MIDDLES = (_EDGES[1:] + _EDGES[:-1]) / 2


class Heard:
    """How often each channel of a product's input was how large.

    Limits are edges of bins, so that the last bits of an activation, which a library of linear
    algebra may compute in another order, hardly ever decide.

    Args:
        weight: of the product, [O, I], or [O, I, k] where each tap is a product with rows of its
            own.
        steps: up to a limit.
    """

    def __init__(self, weight: Doubles, steps: int) -> None:
        taps = weight.reshape(*weight.shape[:2], -1)
        self._rows = np.abs(np.moveaxis(taps, 2, 0)).reshape(-1, weight.shape[1])
        self._steps = steps
        self._counts = np.zeros((weight.shape[1], _BINS), np.int64)

    def hear(self, x: Doubles) -> None:
        """Count activations [T, I]."""
        sizes = np.abs(x).astype(np.float32).view(np.int32) >> np.int32(_BITS_BELOW)
        bins = np.minimum(sizes, _BINS - 1)  # what is not finite is too large for any engine
        places = bins + np.arange(x.shape[1]) * _BINS
        counts = np.bincount(places.ravel(), minlength=self._counts.size)
        self._counts += counts.reshape(self._counts.shape)

    def limits(self, norm: float) -> Floats:
        """The largest size [I] of each channel that is told from larger ones.

        Args:
            norm: the power of an error that is summed: the larger it is, the less is clipped.
        """
        heard: NDArray[np.bool_] = np.any(self._counts[:, 1:] > 0, axis=1)
        limits = np.zeros(len(heard))
        if heard.any():
            limits[heard] = _least_error(
                self._counts[heard], self._rows[:, heard], self._steps, norm
            )
            limits[~heard] = _harmless(self._rows[:, ~heard], self._rows[:, heard], limits[heard])
        return np.asarray(limits, np.float32)


def _least_error(counts: Counts, rows: Doubles, steps: int, norm: float) -> Doubles:
    """Limits [I] of channels with ``counts`` [I, bins] and ``rows`` [O, I], one after another.

    What is heard wrongly is multiplied by the channel's column of weights; weights that are rounded
    are multiplied by what is heard.
    """
    limits = _candidates(counts)
    columns = np.sqrt((rows**2).sum(axis=0))[:, None]
    misheard = columns**norm * _misheard(counts, limits, steps, norm)
    sizes = (counts @ _MIDDLES**norm)[:, None] / limits**norm
    channels = np.arange(len(counts))
    chosen = np.full(len(counts), _BESIDE)
    reach = np.ascontiguousarray((rows * limits[channels, chosen]).T)  # of each weight [I, O]
    for _ in range(_SWEEPS):
        before = chosen.copy()
        for channel in channels:
            reach[channel] = 0.0  # of the others alone
            candidates = np.outer(limits[channel], rows[:, channel])
            largest = np.maximum(reach.max(axis=0), candidates)
            rounding = np.sqrt((largest**2).sum(axis=1) / 12) / _WEIGHT_STEPS
            others = channels != channel
            heard = sizes[channels, chosen][others].sum() + sizes[channel]
            chosen[channel] = np.argmin(misheard[channel] + rounding**norm * heard)
            reach[channel] = candidates[chosen[channel]]
        if (chosen == before).all():
            break
    best: Doubles = limits[channels, chosen]
    return best


def _candidates(counts: Counts) -> Doubles:
    """Limits [I, candidates]; the middle one is the first edge above all sizes."""
    above = counts.shape[1] - np.argmax(counts[:, ::-1] > 0, axis=1)
    places = above[:, None] + np.arange(-_BESIDE, _BESIDE + 1)
    limits: Doubles = _EDGES[np.clip(places, 1, _BINS)]
    return limits


def _misheard(counts: Counts, limits: Doubles, steps: int, norm: float) -> Doubles:
    """Summed powers of the errors [I, candidates] of clipping and of rounding."""
    errors = np.empty_like(limits)
    for place, limit in enumerate(limits.T[..., None]):
        half = limit / steps / 2
        rounded = np.where(half > _MIDDLES, _MIDDLES**norm, half**norm / (norm + 1))  # the mean
        clipped = np.maximum(_MIDDLES - limit, 0.0) ** norm
        errors[:, place] = (counts * np.where(limit < _MIDDLES, clipped, rounded)).sum(axis=1)
    return errors


def _harmless(silent: Doubles, rows: Doubles, limits: Doubles) -> Doubles:
    """Limits of channels that were ``silent``, by their [O, J] and the others' rows [O, I].

    As large as they can be without a coarser step for any row, and no larger than the largest.
    """
    room = (rows * limits).max(axis=1)[:, None]
    below = np.divide(room, silent, out=np.full(silent.shape, np.inf), where=silent > 0.0)
    least: Doubles = np.minimum(below.min(axis=0), limits.max())
    return least
