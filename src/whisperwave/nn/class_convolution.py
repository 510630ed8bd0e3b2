"""The first layer of a network that hears classes: a causal convolution of what they stand for."""

import functools

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from whisperwave.dsp.companding import mulaw_decode
from whisperwave.errors import ConfigError


class ClassConvolution(nn.Module):
    """A convolution over µ-law classes: ``B T`` in, ``B T - context C`` out.

    It sees a sample as the one-hot vector of its class, or as the one value in [-1, 1] that the
    class stands for. Either way a tap can answer a class in only ``classes`` ways, so both are
    looked up in one table, and a step never multiplies by a vector that is all zeros but for one.

    The weight has a row for each tap and input channel, ``K * classes C`` or ``K C``; the last tap
    is now. Only values need a bias ``C``: a one-hot input has one in its rows.

    Args:
        classes: how many there are, 2 to 32,768 where they are taken as values.
        out_channels: channels of the output.
        kernel_size: number of taps, 1 or more.
        scalar: take values, not one-hot vectors.

    Raises:
        ConfigError: a size is out of range.
    """

    values: Tensor | None

    def __init__(self, classes: int, out_channels: int, kernel_size: int, *, scalar: bool):
        super().__init__()
        if kernel_size < 1:
            raise ConfigError("BAD_CONVOLUTION", f"{kernel_size=} must be 1 or more.")
        self.classes = classes
        self.kernel_size = kernel_size
        self.context = kernel_size - 1
        convolution = nn.Conv1d(1 if scalar else classes, out_channels, kernel_size)
        self.weight = nn.Parameter(convolution.weight.detach().permute(2, 1, 0).flatten(0, 1))
        self.bias = nn.Parameter(torch.zeros(out_channels)) if scalar else None
        self.register_buffer("values", class_values(classes) if scalar else None, persistent=False)

    def forward(self, classes: Tensor) -> Tensor:
        """Convolve ``B T``; output time 0 is the first with its whole context in ``classes``."""
        length = classes.shape[1] - self.context
        picked = (
            F.embedding(classes[:, tap : tap + length], answers)
            for tap, answers in enumerate(self._table())
        )
        joined = functools.reduce(torch.add, picked)
        return joined if self.bias is None else joined + self.bias

    def remembered(self, classes: Tensor) -> Tensor:
        """The part of the past that the next step will need, from all that is known."""
        return classes[:, classes.shape[1] - self.context :]

    def initial_state(self, batch_size: int) -> Tensor:
        """The past of a stream that starts now, ``B context``: the class of silence."""
        return torch.full((batch_size, self.context), self.classes // 2, device=self.weight.device)

    def _table(self) -> Tensor:
        """The answer of each tap to each class, ``K classes C``."""
        if self.values is None:
            return self.weight.unflatten(0, (self.kernel_size, self.classes))
        return self.values[:, None] * self.weight[:, None]


def class_values(classes: int) -> Tensor:
    """The value in [-1, 1] that each µ-law class stands for."""
    return torch.from_numpy(mulaw_decode(np.arange(classes), classes))
