"""The ways to take a step against a gradient, by name."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import SGD, Adam, AdamW, Optimizer, RMSprop

from whisperwave.training.settings.trainer import TrainerSettings

_BETAS = (0.9, 0.99)
_TINY = 1e-12


class NormalisedSGD(SGD):
    """Gradient descent by the direction alone: each weight's gradient is scaled to unit length.

    After E. Hazan et al., "Beyond Convexity: Stochastic Quasi-Convex Optimization" (2015), each
    tensor by itself.
    """

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Evaluate the closure, then go by the learning rate along each gradient."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    parameter.grad /= parameter.grad.norm().clamp(min=_TINY)
        super().step()
        return loss


def build(parameters: Iterable[nn.Parameter], settings: TrainerSettings) -> Optimizer:
    """The optimiser that the settings name; ``momentum`` is of those that have one."""
    rate, decay, momentum = settings.learning_rate, settings.weight_decay, settings.momentum
    weights: list[Tensor] = list(parameters)
    if settings.optimiser == "adam":
        return Adam(weights, rate, _BETAS, weight_decay=decay)
    if settings.optimiser == "adamw":
        return AdamW(weights, rate, _BETAS, weight_decay=decay)
    if settings.optimiser == "rmsprop":
        return RMSprop(weights, rate, momentum=momentum, weight_decay=decay)
    kind = SGD if settings.optimiser == "sgd" else NormalisedSGD
    return kind(weights, rate, momentum, weight_decay=decay)
