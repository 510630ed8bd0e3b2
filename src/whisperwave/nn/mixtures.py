"""Mixtures of logistics and of Gaussians: how likely a value is to fall between two edges.

The logistic mixture after T. Salimans et al., "PixelCNN++" (ICLR 2017), section 2.1. A mass is
never taken as the difference of two rounded probabilities: in the tails, and where the edges are
close, nothing would be left of it.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

LOG_SCALES = (-12.0, 4.0)  # narrower than a 16-bit step, wider than every value
DEEP = -8.0  # below, the normal's tail is its asymptotic series, to single precision
NARROW = 0.05  # in scales: over such a width the normal density is all but exponential

LogMass = Callable[[Tensor, Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Mixture:
    """Weighted components of one kind; all tensors have one shape, components in the last axis."""

    log_mass_of_one: LogMass
    logits: Tensor
    means: Tensor
    log_scales: Tensor

    def log_mass(self, lower: Tensor, upper: Tensor) -> Tensor:
        """Log of the probability of a value between the edges, which lack the last axis.

        Edges are finite: an open end is written as one thousands away.
        """
        lower, upper = lower[..., None], upper[..., None]
        scales = torch.exp(self.log_scales.clamp(*LOG_SCALES))
        masses = self.log_mass_of_one(
            (lower - self.means) / scales, (upper - self.means) / scales, (upper - lower) / scales
        )
        return torch.logsumexp(F.log_softmax(self.logits, dim=-1) + masses, dim=-1)


def logistic_log_mass(lower: Tensor, upper: Tensor, width: Tensor) -> Tensor:
    """Log of the standard logistic's mass between two edges that are ``width`` apart.

    With ``s`` the logistic function, ``s(a) - s(b) = s(a) s(-b) (1 - exp(b - a))``.
    """
    return F.logsigmoid(upper) + F.logsigmoid(-lower) + torch.log(-torch.expm1(-width))


def gaussian_log_mass(lower: Tensor, upper: Tensor, width: Tensor) -> Tensor:
    """Log of the standard normal's mass between two edges that are ``width`` apart."""
    mirrored = lower + upper > 0.0  # both tails are alike: only the lower one is used
    near = torch.where(mirrored, -lower, upper)
    far = torch.where(mirrored, -upper, lower)
    # Gradients go through both branches, so each is given numbers that it can bear.
    narrow = _narrow_gaussian(0.5 * (near + far), width.clamp(max=NARROW))
    log_near, log_far = _log_normal(near), _log_normal(far)
    gap = (log_near - log_far).clamp(min=1e-6)
    return torch.where(width < NARROW, narrow, log_near + torch.log(-torch.expm1(-gap)))


def _log_normal(x: Tensor) -> Tensor:
    """Log of the standard normal's mass below x; torch's own has no gradient far out."""
    deep = x.clamp(max=DEEP)
    inverse = 1.0 / deep.square()
    series = 1.0 - inverse * (1.0 - inverse * (3.0 - inverse * (15.0 - inverse * 105.0)))
    tail = -0.5 * deep.square() - torch.log(-deep * math.sqrt(2.0 * math.pi)) + torch.log(series)
    return torch.where(x < DEEP, tail, torch.special.log_ndtr(x.clamp(min=DEEP)))


def _narrow_gaussian(middle: Tensor, width: Tensor) -> Tensor:
    # Around x the density falls as exp(-x t), to first order in t: sinh(u) / u on the whole bin.
    density = -0.5 * middle.square() - 0.5 * math.log(2.0 * math.pi)
    return density + torch.log(width) + _log_sinhc(0.5 * middle.abs() * width)


def _log_sinhc(u: Tensor) -> Tensor:
    large = u.clamp(min=0.01)
    exact = large + torch.log(-torch.expm1(-2.0 * large)) - torch.log(2.0 * large)
    return torch.where(u < 0.01, u.square() / 6.0, exact)


LOG_MASSES: dict[str, LogMass] = {"logistics": logistic_log_mass, "gaussians": gaussian_log_mass}
