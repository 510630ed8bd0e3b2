"""How the next sample is drawn from a prediction, and the plain form of that draw for classes."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whisperwave.errors import ConfigError

CERTAIN = np.float32(2**24 - 1)
"""The weight of the most likely class; one that is this many times rarer is never drawn."""

_LARGEST_LOGIT = 1e38
_COOLEST = 1e-4


@dataclass(frozen=True)
class Sampling:
    """How adventurous generation is.

    Args:
        temperature: divides the logits; 0 takes the most likely class, the lowest on ties. Of a
            mixture of values it multiplies the variance too; 0 takes the mean.
        top_k: keep the k most likely classes, or components of a mixture; 0 keeps all.
        top_p: then keep the fewest classes that hold this share of the probability; of each
            component of a mixture its middle.
        centring: for models of classes: logits fall by this times the squared distance from the
            class of silence, which calms a model that drifts away from it; 0.0001 is felt, 0.01 is
            strong.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    centring: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.temperature) and self.temperature >= 0):
            raise ConfigError(
                "BAD_SAMPLING",
                f"temperature={self.temperature} is not 0 or a positive number.",
                "Use 0 for the most likely class, about 1 for the model's own variety.",
            )
        if not 0 <= self.top_k < 2**32:
            raise ConfigError(
                "BAD_SAMPLING", f"top_k={self.top_k} is out of range.", "Use 0 to keep all classes."
            )
        if not 0 < self.top_p <= 1:
            raise ConfigError(
                "BAD_SAMPLING", f"top_p={self.top_p} is out of range.", "Use a share in (0, 1]."
            )
        if not (math.isfinite(self.centring) and self.centring >= 0):
            raise ConfigError(
                "BAD_SAMPLING",
                f"centring={self.centring} is not 0 or a positive number.",
                "Use 0 for none, or a small number such as 0.0001.",
            )

    def check_values(self) -> None:
        """Refuse what only classes know, for a model that draws values.

        Raises:
            ConfigError: ``BAD_SAMPLING``.
        """
        if self.centring:
            raise ConfigError(
                "BAD_SAMPLING",
                f"centring={self.centring} is about classes, but this model draws values.",
                "Leave it out, and use the temperature or top-p; or a model of classes.",
            )


def draw(logits: NDArray[np.floating], sampling: Sampling, bits: int, silence: int) -> int:
    """The class that 32 random ``bits`` pick from ``logits`` [A]; ``silence`` is centring's middle.

    Likelihoods become integers first, so that sums are exact in any order. The engine does the same
    without sorting; here the classes are simply sorted, the lower class first on ties.
    """
    logits = logits - sampling.centring * (np.arange(len(logits)) - silence) ** 2
    likelihoods = _likelihoods(logits, sampling.temperature)
    if sampling.temperature == 0:
        return int(np.argmax(np.nan_to_num(logits, nan=-np.inf)))
    order = np.argsort(-likelihoods, kind="stable")
    if sampling.top_k:
        order = order[: sampling.top_k]
    if sampling.top_p < 1:
        order = order[: _nucleus(likelihoods[order], sampling.top_p)]
    kept = np.zeros_like(likelihoods)
    kept[order] = likelihoods[order]
    target = int(kept.sum()) * bits >> 32
    return int(np.searchsorted(np.cumsum(kept), target, side="right"))


def _likelihoods(logits: NDArray[np.floating], temperature: float) -> NDArray[np.int64]:
    finite = np.nan_to_num(logits.astype(np.float64), nan=-_LARGEST_LOGIT)
    bounded = np.clip(finite, -_LARGEST_LOGIT, _LARGEST_LOGIT)
    scaled = (bounded - bounded.max()) / max(temperature, _COOLEST)
    likelihoods: NDArray[np.float64] = np.exp(np.maximum(scaled, -80.0)) * CERTAIN
    return likelihoods.astype(np.int64)


def _nucleus(descending: NDArray[np.int64], share: float) -> int:
    """How many of the most likely classes it takes to hold ``share`` of the whole."""
    wanted = math.ceil(float(descending.sum()) * float(np.float32(share)))
    return int(np.searchsorted(np.cumsum(descending), wanted, side="left")) + 1
