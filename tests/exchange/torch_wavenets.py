"""Networks with the names of pytorch-wavenet's, written for these tests in plain torch."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

SIZES = {
    "layers": 3, "blocks": 2, "kernel_size": 2, "residual_channels": 5, "dilation_channels": 6,
    "skip_channels": 7, "end_channels": 8, "classes": 32,
}  # fmt: skip


class DilatedQueue:
    """What a saved module of the project carries along: a buffer, no part of the network."""

    def __init__(self) -> None:
        self.in_pos, self.data, self.dtype = 0, torch.zeros(5, 3), torch.FloatTensor


class WaveNetModel(nn.Module):
    """Gated dilated convolutions; what a module keeps beside its weights is kept here too."""

    def __init__(self, bias: bool = False, **sizes: int) -> None:
        super().__init__()
        sizes = SIZES | sizes
        self.layers, self.blocks, self.kernel_size = (
            sizes[name] for name in ("layers", "blocks", "kernel_size")
        )
        residual, gated = sizes["residual_channels"], sizes["dilation_channels"]
        self.dtype = torch.FloatTensor
        in_order = [2**layer for layer in range(self.layers)] * self.blocks
        self.dilations = list(zip(in_order, [1, *in_order[:-1]], strict=True))
        self.dilated_queues = [DilatedQueue() for _ in self.dilations]
        count, kernel = len(self.dilations), self.kernel_size
        self.filter_convs = _convolutions(count, residual, gated, kernel, bias)
        self.gate_convs = _convolutions(count, residual, gated, kernel, bias)
        self.residual_convs = _convolutions(count, gated, residual, 1, bias)
        self.skip_convs = _convolutions(count, gated, sizes["skip_channels"], 1, bias)
        self.start_conv = nn.Conv1d(sizes["classes"], residual, 1, bias=bias)
        self.end_conv_1 = nn.Conv1d(sizes["skip_channels"], sizes["end_channels"], 1)
        self.end_conv_2 = nn.Conv1d(sizes["end_channels"], sizes["classes"], 1)

    def forward(self, x: Tensor) -> Tensor:
        """Logits ``[N, A, T - RF + 1]`` of one-hot samples ``[N, A, T]``."""
        reach = (self.kernel_size - 1) * sum(d for d, _ in self.dilations)
        count, skips = x.shape[2] - reach, 0
        x = self.start_conv(x)
        for layer, (dilation, _) in enumerate(self.dilations):
            filters, gates = (
                functional.conv1d(x, convolution.weight, convolution.bias, dilation=dilation)
                for convolution in (self.filter_convs[layer], self.gate_convs[layer])
            )
            z = torch.tanh(filters) * torch.sigmoid(gates)
            skips = skips + self.skip_convs[layer](z)[:, :, -count:]
            x = x[:, :, -z.shape[2] :] + self.residual_convs[layer](z)
        return self.end_conv_2(torch.relu(self.end_conv_1(torch.relu(skips))))


def _convolutions(count: int, inputs: int, outputs: int, kernel: int, bias: bool) -> nn.ModuleList:
    return nn.ModuleList(nn.Conv1d(inputs, outputs, kernel, bias=bias) for _ in range(count))


def network(seed: int = 0, bias: bool = False, **sizes: int) -> WaveNetModel:
    """Random weights that keep predictions far from certain and far from flat."""
    torch.manual_seed(seed)
    made = WaveNetModel(bias, **sizes)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.mul_(2.0)
    return made


@contextmanager
def living_elsewhere(module: str = "wavenet_model") -> Iterator[None]:
    """Pickle the classes as those of another module, which is gone afterwards."""
    classes: tuple[Any, ...] = (WaveNetModel, DilatedQueue)
    stranger, homes = ModuleType(module), [each.__module__ for each in classes]
    for each in classes:
        setattr(stranger, each.__name__, each)
        each.__module__ = module
    # Pickle imports the packages that a module lies in, too.
    parts = module.split(".")
    around = {
        ".".join(parts[:count]): ModuleType(parts[count - 1]) for count in range(1, len(parts))
    }
    added = {name: each for name, each in around.items() if name not in sys.modules}
    sys.modules |= {**added, module: stranger}
    try:
        yield
    finally:
        for name in (*added, module):
            del sys.modules[name]
        for each, home in zip(classes, homes, strict=True):
            each.__module__ = home
