"""How surprised a mixture over values is, in bits that compare with those of a model of classes.

A model that knows only µ-law classes is asked how likely the true one was. So is a mixture: the
mass of a class is what lies between its edges.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp.companding import class_edges, mulaw_encode

Floats = NDArray[np.float64]

LOG_SCALES = (-12.0, 4.0)
_DEEP = -10.0  # below, the normal's tail is taken from its asymptotic series


def mixture_bits_per_sample(
    head: str, parameters: NDArray[np.floating], values: NDArray[np.floating], levels: int = 256
) -> float:
    """Mean surprise at the µ-law classes that values lie in, in bits.

    Args:
        head: ``logistics`` or ``gaussians``.
        parameters: ``[T, 3 K]``: the logits of the components, their means, their log-scales.
        values: ``[T]``, in [-1, 1].
        levels: how many classes.
    """
    logits, means, log_scales = np.split(parameters.astype(np.float64), 3, axis=-1)
    place = mulaw_encode(values, levels).astype(np.int64)
    edges = class_edges(levels)
    lower, upper = edges[place, np.newaxis], edges[place + 1, np.newaxis]
    scales = np.exp(np.clip(log_scales, *LOG_SCALES))
    masses = _LOG_MASSES[head]((lower - means) / scales, (upper - means) / scales)
    shares = logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)
    return float(-np.mean(np.logaddexp.reduce(shares + masses, axis=-1)) / math.log(2.0))


def mixture_accuracy(
    parameters: NDArray[np.floating], values: NDArray[np.floating], levels: int = 256
) -> float:
    """The share of values that lie in the µ-law class of the likeliest component's mean.

    Arguments as for `mixture_bits_per_sample`.
    """
    logits, means, _ = np.split(parameters, 3, axis=-1)
    guess = np.take_along_axis(means, logits.argmax(axis=-1)[:, np.newaxis], axis=-1)[:, 0]
    return float(np.mean(mulaw_encode(guess, levels) == mulaw_encode(values, levels)))


def _logistic_log_mass(lower: Floats, upper: Floats) -> Floats:
    """With s the logistic function, ``s(a) - s(b) = s(a) s(-b) (1 - exp(b - a))``."""
    outside = np.logaddexp(0.0, -upper) + np.logaddexp(0.0, lower)
    return np.asarray(np.log(-np.expm1(lower - upper)) - outside)


def _gaussian_log_mass(lower: Floats, upper: Floats) -> Floats:
    mirrored = lower + upper > 0.0  # both tails are alike: only the lower one is used
    near = _log_normal(np.where(mirrored, -lower, upper))
    far = _log_normal(np.where(mirrored, -upper, lower))
    return np.asarray(near + np.log(-np.expm1(far - near)))


def _log_normal(x: Floats) -> Floats:
    """Log of the standard normal's mass below x."""
    body = np.log(0.5 * _erfc(-np.maximum(x, _DEEP) / math.sqrt(2.0)))
    deep = np.minimum(x, _DEEP)
    inverse = 1.0 / np.square(deep)
    series = np.log1p(inverse * (-1.0 + inverse * (3.0 - 15.0 * inverse)))
    tail = -0.5 * np.square(deep) - np.log(-deep * math.sqrt(2.0 * math.pi)) + series
    return np.where(x < _DEEP, tail, body)


_erfc: Callable[[Floats], Floats] = np.vectorize(math.erfc, otypes=[np.float64])
_LOG_MASSES: dict[str, Callable[[Floats, Floats], Floats]] = {
    "logistics": _logistic_log_mass,
    "gaussians": _gaussian_log_mass,
}
