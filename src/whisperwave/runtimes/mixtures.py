"""How the next value is drawn from a mixture: a component, then its quantile at a random place."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from whisperwave.runtimes.quantiles import exponential, logistic_quantile, normal_quantile
from whisperwave.runtimes.sampling import Sampling, draw

LEAST_LOG_SCALE, MOST_LOG_SCALE = -12.0, 4.0

QUANTILES: dict[str, Callable[[float], float]] = {
    "logistics": logistic_quantile,
    "gaussians": normal_quantile,
}


def draw_value(
    head: str, parameters: NDArray[np.float32], sampling: Sampling, words: tuple[int, int]
) -> np.float32:
    """The value that two random words pick from one channel's mixture.

    The temperature sharpens or flattens the choice of the component as it does that of a class, and
    multiplies the variance of each. ``top_k`` keeps the likeliest components, ``top_p`` that share
    of each which lies in its middle. What is not a number is never heard: such a component gives 0.

    Args:
        head: ``logistics`` or ``gaussians``.
        parameters: K logits, K means, K log-scales, ``[3 K]``.
        sampling: all of it but centring counts.
        words: 32 random bits each, for the component and for the place in it.

    Returns:
        A value in [-1, 1]. It is computed in double precision, to the same bit on every machine.
    """
    logits, means, log_scales = np.split(parameters, 3)
    chosen = draw(logits, replace(sampling, top_p=1.0), words[0], 0)
    mean, log_scale = float(means[chosen]), float(log_scales[chosen])
    if math.isnan(mean) or math.isnan(log_scale):
        return np.float32(0.0)
    spread = math.sqrt(np.float32(sampling.temperature))
    if spread > 0.0:
        middle = float(np.float32(sampling.top_p))
        quantile = QUANTILES[head](0.5 + middle * ((words[1] + 0.5) * 2.0**-32 - 0.5))
        scale = exponential(min(max(log_scale, LEAST_LOG_SCALE), MOST_LOG_SCALE))
        mean += scale * spread * quantile
    return np.float32(min(max(mean, -1.0), 1.0))
