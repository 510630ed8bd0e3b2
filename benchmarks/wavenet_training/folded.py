"""The first project's trainer, from the description of its mathematics.

Each layer folds time into the batch, so that its taps lie side by side; where the length is no
multiple of the dilation, features are padded with zeros in front. Skips are made of the whole
window, and only the last answers are compared with targets: one window of 3085 samples gives 16.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from whisperwave.models.wavenet import WaveNetConfig

TARGETS = 16  # of a window
WINDOWS = 16  # in a batch


class FoldedWaveNet(nn.Module):
    """One-hot input ``B A T``, answers ``B A TARGETS``; every convolution has a bias.

    Args:
        config: its sizes.
        skips_cut: make skips of the targets alone, in place of the whole window.
    """

    def __init__(self, config: WaveNetConfig, *, skips_cut: bool) -> None:
        super().__init__()
        residual, dilated = config.residual_channels, config.dilation_channels
        self.dilations = config.dilations
        self.skips_cut = skips_cut
        self.start = nn.Conv1d(config.classes, residual, 1)
        layers = self.dilations
        self.filters = nn.ModuleList(nn.Conv1d(residual, dilated, 2) for _ in layers)
        self.gates = nn.ModuleList(nn.Conv1d(residual, dilated, 2) for _ in layers)
        self.residuals = nn.ModuleList(nn.Conv1d(dilated, residual, 1) for _ in layers)
        self.skips = nn.ModuleList(nn.Conv1d(dilated, config.skip_channels, 1) for _ in layers)
        self.end1 = nn.Conv1d(config.skip_channels, config.end_channels, 1)
        self.end2 = nn.Conv1d(config.end_channels, config.classes, 1)

    def forward(self, one_hot: Tensor) -> Tensor:
        """The answers after the last samples of each window."""
        x = self.start(one_hot)
        total = torch.zeros(1)
        for index, dilation in enumerate(self.dilations):
            folded = fold(x, dilation)
            z = torch.tanh(self.filters[index](folded)) * torch.sigmoid(self.gates[index](folded))
            plain = unfold(z, dilation)
            skip = self.skips[index](plain[..., -TARGETS:] if self.skips_cut else plain)
            total = skip + total[..., -skip.shape[-1] :]
            x = unfold(self.residuals[index](z) + folded[..., 1:], dilation)
        answers: Tensor = self.end2(F.relu(self.end1(F.relu(total))))
        return answers[..., -TARGETS:]

    def window_length(self) -> int:
        """Samples that give every target its whole receptive field."""
        return sum(self.dilations) + TARGETS


def fold(x: Tensor, dilation: int) -> Tensor:
    """``B C T`` to ``B*d C T/d``: every d-th sample side by side, zeros in front if need be."""
    x = F.pad(x, (-x.shape[-1] % dilation, 0))
    return x.unflatten(-1, (-1, dilation)).permute(0, 3, 1, 2).flatten(0, 1)


def unfold(x: Tensor, dilation: int) -> Tensor:
    """The inverse of `fold`, the zeros left in place."""
    return x.unflatten(0, (-1, dilation)).permute(0, 2, 3, 1).flatten(-2)
