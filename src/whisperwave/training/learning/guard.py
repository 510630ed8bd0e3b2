"""A step that is not finite is never taken: it is found, told of, and left to the run to undo."""

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn


class NotFinite(Exception):  # noqa: N818 # an occasion to roll back; an error only when that fails
    """The loss, a gradient or a weight is not a finite number; the weights are those before.

    Args:
        facts: the step and the numbers found, JSON-ready.
    """

    def __init__(self, facts: dict[str, Any]) -> None:
        super().__init__(f"step {facts['step']} is not finite")
        self.facts = facts


def gradient_norm(network: nn.Module, loss: Tensor, step: int) -> Tensor:
    """The length of the whole gradient.

    Raises:
        NotFinite: it, or the loss, is infinite or not a number.
    """
    gradients = {n: p.grad for n, p in network.named_parameters() if p.grad is not None}
    norm = torch.nn.utils.get_total_norm(gradients.values())
    if not math.isfinite(float(norm)) or not math.isfinite(float(loss)):
        raise NotFinite(
            {
                "step": step,
                "loss": str(float(loss)),
                "gradient_norm": str(float(norm)),
                "parameters": _unwell(gradients.items()),
            }
        )
    return norm


def check_weights(network: nn.Module, step: int) -> None:
    """Refuse to keep weights that are not numbers.

    Raises:
        NotFinite: with the names of those weights.
    """
    unwell = _unwell(network.state_dict().items())
    if unwell:
        raise NotFinite({"step": step, "parameters": unwell})


def _unwell(named: Iterable[tuple[str, Tensor]]) -> list[str]:
    return [name for name, values in named if not bool(torch.isfinite(values).all())]
