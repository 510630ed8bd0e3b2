"""What the last layer of a network means: a distribution of the next sample, and its price in bits.

Classes and values are priced alike by `bits`: as if the next sample were to be told as one of 256
µ-law classes. That is exact for a network that knows only them; of a continuous head it is the mass
between the edges of the class that the true value lies in.
"""

import math
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional as F

from whisperwave.dsp.companding import class_edges
from whisperwave.nn.mixtures import LOG_MASSES, Mixture

YARDSTICK = 256  # µ-law classes
STEP = 2.0**-15  # of 16-bit sound, in which the values of a recording come
_FAR = 1e4  # an edge that stands for an open end: 180 of the widest scales away


class Head(Protocol):
    """Holds parameters ``B A T``, a distribution each, against targets ``B T`` or ``B T C``."""

    def loss(self, parameters: Tensor, targets: Tensor) -> Tensor:
        """What learning lowers: mean bits of a target, as finely as the head can tell it."""

    def bits(self, parameters: Tensor, targets: Tensor) -> Tensor:
        """Mean bits of a target's µ-law class, by which all heads are compared."""

    def accuracy(self, parameters: Tensor, targets: Tensor) -> Tensor:
        """The share of targets whose class was held the likeliest."""


class SoftmaxHead:
    """A probability for each class."""

    def loss(self, parameters: Tensor, targets: Tensor) -> Tensor:
        """Cross-entropy in bits."""
        flat = parameters.transpose(1, 2).flatten(0, 1)
        return F.cross_entropy(flat, targets.flatten()) / math.log(2.0)

    bits = loss

    def accuracy(self, parameters: Tensor, targets: Tensor) -> Tensor:
        """The share of targets that had the largest logit."""
        return (parameters.argmax(dim=1) == targets).float().mean()


class MixtureHead:
    """A mixture for each channel: its logits, then its means, then its log-scales.

    Args:
        kind: ``logistics`` or ``gaussians``.
        components: how many, 1 or more.
        channels: values a sample.
    """

    def __init__(self, kind: str, components: int, channels: int) -> None:
        self.outputs = 3 * components * channels
        self._log_mass = LOG_MASSES[kind]
        self._components, self._channels = components, channels

    def loss(self, parameters: Tensor, targets: Tensor) -> Tensor:
        """Bits of the 16-bit step around each value.

        Not a density: where a sound is exactly foretold, as in silence, one has no upper bound and
        would drown all else. A mass is never more than one.
        """
        lower = torch.where(targets <= 0.5 * STEP - 1.0, -_FAR, targets - 0.5 * STEP)
        upper = torch.where(targets >= 1.0 - 0.5 * STEP, _FAR, targets + 0.5 * STEP)
        return -self.mixture(parameters).log_mass(lower, upper).mean() / math.log(2.0)

    def bits(self, parameters: Tensor, targets: Tensor) -> Tensor:
        """Bits of the µ-law class that each value lies in."""
        inner = _edges(targets)
        place = torch.bucketize(targets.contiguous(), inner, right=True)
        edges = F.pad(F.pad(inner, (1, 0), value=-_FAR), (0, 1), value=_FAR)
        masses = self.mixture(parameters).log_mass(edges[place], edges[place + 1])
        return -masses.mean() / math.log(2.0)

    def accuracy(self, parameters: Tensor, targets: Tensor) -> Tensor:
        """The share of values that lie in the µ-law class of the likeliest component's mean."""
        edges = _edges(targets)
        mixture = self.mixture(parameters)
        likeliest = mixture.logits.argmax(dim=-1, keepdim=True)
        guess = mixture.means.gather(-1, likeliest)[..., 0]
        same = torch.bucketize(guess, edges, right=True) == torch.bucketize(
            targets.contiguous(), edges, right=True
        )
        return same.float().mean()

    def mixture(self, parameters: Tensor) -> Mixture:
        """The distributions, ``B T C K``, that parameters ``B A T`` describe."""
        shape = (self._channels, 3, self._components)
        parts = parameters.float().transpose(1, 2).unflatten(-1, shape)
        return Mixture(self._log_mass, *parts.unbind(dim=-2))


def _edges(like: Tensor) -> Tensor:
    """The edges between the µ-law classes of the yardstick, with its type and on its device."""
    return torch.from_numpy(class_edges(YARDSTICK)[1:-1]).to(like)
