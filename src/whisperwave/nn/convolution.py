"""Causal convolutions over time, in the fast form and in the plain one that it is checked against.

Layers here work on ``B T C`` (channels last), because a convolution of few channels is fastest as
one matrix product over all time steps; a model converts to the house's ``B C T`` at its border.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from whisperwave.errors import ConfigError


class DilatedConvolution(nn.Module):
    """A dilated convolution without padding: ``T`` samples in, ``T - context`` samples out.

    The taps are shifted views of the input laid side by side, so the whole layer is one matrix
    product; on a processor that is several times faster than ``Conv1d(dilation=d)``, which `plain`
    calls and tests hold equal. The weight keeps `Conv1d`'s shape and order: tap ``k - 1`` is now.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel_size: number of taps, 1 or more.
        dilation: samples between taps, 1 or more.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int, dilation: int):
        super().__init__()
        if kernel_size < 1 or dilation < 1:
            raise ConfigError(
                "BAD_CONVOLUTION", f"{kernel_size=} and {dilation=} must be 1 or more."
            )
        convolution = nn.Conv1d(in_channels, out_channels, kernel_size)
        self.weight = nn.Parameter(convolution.weight.detach())
        self.bias = nn.Parameter(torch.zeros(out_channels))
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.context = (kernel_size - 1) * dilation

    def forward(self, x: Tensor) -> Tensor:
        """Convolve ``B T C``; output time 0 is the first with its whole context in ``x``."""
        length = x.shape[1] - self.context
        taps = [x[:, tap * self.dilation :][:, :length] for tap in range(self.kernel_size)]
        return torch.cat(taps, dim=-1) @ self.weight.permute(2, 1, 0).flatten(0, 1) + self.bias

    def step(self, x: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Convolve the next ``B T C`` of a stream; the state is the ``context`` samples before."""
        x = torch.cat([state, x], dim=1)
        return self(x), self.remembered(x)

    def remembered(self, x: Tensor) -> Tensor:
        """The part of the past that the next step will need, from all that is known."""
        return x[:, x.shape[1] - self.context :]

    def initial_state(self, batch_size: int) -> Tensor:
        """The past of a stream that starts now: silence."""
        return self.weight.new_zeros(batch_size, self.context, self.weight.shape[1])

    def plain(self, x: Tensor) -> Tensor:
        """The same by torch's own convolution: the oracle of `forward`."""
        return F.conv1d(
            x.transpose(1, 2), self.weight, self.bias, dilation=self.dilation
        ).transpose(1, 2)
