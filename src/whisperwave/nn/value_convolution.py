"""The first layer of a network that hears values: a causal convolution of a few channels."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from whisperwave.dsp.prediction import LIMIT
from whisperwave.errors import ConfigError
from whisperwave.nn.class_convolution import class_values
from whisperwave.nn.rescaled import Rescaled

USUAL_VALUE = 1.0 / LIMIT  # the size of an excitation's values; sound itself is not far from it


class ValueConvolution(Rescaled):
    """A convolution over values of a known size: ``B T C`` in, ``B T - context R`` out.

    The weight has a row for each tap and input channel, ``K * C R``, tap by tap; the last tap is
    now. Before a stream begins all is zero.

    Args:
        in_channels: values a sample.
        out_channels: channels of the output.
        kernel_size: number of taps, 1 or more.
        usual: the size of the values, a power of two.

    Raises:
        ConfigError: a size is out of range.
    """

    usual: Tensor

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        usual: float = USUAL_VALUE,
    ):
        super().__init__()
        if kernel_size < 1:
            raise ConfigError("BAD_CONVOLUTION", f"{kernel_size=} must be 1 or more.")
        self.in_channels = in_channels
        self.kernel_size = kernel_size
        self.context = kernel_size - 1
        convolution = nn.Conv1d(in_channels, out_channels, kernel_size)
        self.weight = nn.Parameter(convolution.weight.detach().permute(2, 1, 0).flatten(0, 1))
        self.bias = nn.Parameter(torch.zeros(out_channels))
        self.register_buffer("usual", torch.tensor(usual), persistent=False)

    def forward(self, values: Tensor) -> Tensor:
        """Convolve ``B T C``; output time 0 is the first with its whole context in ``values``."""
        length = values.shape[1] - self.context
        taps = [values[:, tap : tap + length] for tap in range(self.kernel_size)]
        # In bfloat16 values would be heard no finer than µ-law classes.
        with torch.autocast(values.device.type, enabled=False):
            return (torch.cat(taps, dim=-1) / self.usual) @ self.weight + self.bias

    def remembered(self, values: Tensor) -> Tensor:
        """The part of the past that the next step will need, from all that is known."""
        return values[:, values.shape[1] - self.context :]

    def initial_state(self, batch_size: int) -> Tensor:
        """The past of a stream that starts now, ``B context C``."""
        return self.weight.new_zeros(batch_size, self.context, self.in_channels)

    def sizes(self) -> Mapping[str, Tensor]:
        """The weights act on values, but are learned on multiples of the usual one."""
        return {"weight": 1.0 / self.usual}


def nearest_line(tables: Tensor) -> tuple[Tensor, Tensor]:
    """The layer for values that comes nearest to one that looks µ-law classes up in tables.

    Nearest in the mean over normal values of the usual size.

    Args:
        tables: the answer of each tap to each class, ``K A R``.

    Returns:
        The weight ``K R`` and the bias ``R``.
    """
    values = class_values(tables.shape[1]).double()
    share = torch.exp(-0.5 * (values / USUAL_VALUE) ** 2) * torch.gradient(values)[0]
    root = share.sqrt()[:, None]
    basis = root * torch.stack([values, torch.ones_like(values)], dim=1)
    lines = torch.linalg.pinv(basis) @ (root * tables.double())  # K 2 R
    return lines[:, 0].float(), lines[:, 1].sum(dim=0).float()
