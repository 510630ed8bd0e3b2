"""WaveNet: each sample is drawn from a distribution over classes, given all samples before it.

After A. van den Oord et al., "WaveNet: A Generative Model for Raw Audio" (2016), arXiv:1609.03499,
sections 2.1 to 2.5: causal dilated convolutions, gated units, residual and skip connections, and a
style vector as global conditioning (equation 4).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from whisperwave.errors import ConfigError
from whisperwave.nn import DilatedConvolution
from whisperwave.shapes import Port, Signature


@dataclass(frozen=True)
class WaveNetConfig:
    """The shape of a network; every field is a number of the paper's figure 4."""

    layers_per_block: int = 10
    blocks: int = 2
    kernel_size: int = 2
    residual_channels: int = 32
    dilation_channels: int = 32
    skip_channels: int = 96
    end_channels: int = 128
    classes: int = 256
    conditioning_channels: int = 32

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            least = 0 if name == "conditioning_channels" else 1
            if value < least:
                raise ConfigError("BAD_WAVENET", f"{name}={value} must be {least} or more.")

    @property
    def dilations(self) -> tuple[int, ...]:
        """The dilation of each layer, doubling within a block and starting again in the next."""
        return tuple(2**layer for layer in range(self.layers_per_block)) * self.blocks

    @property
    def receptive_field(self) -> int:
        """How many samples a prediction depends on."""
        return 1 + (self.kernel_size - 1) * sum(self.dilations)


class ResidualLayer(nn.Module):
    """A gated, dilated convolution whose result goes on to the next layer and to the skip sum."""

    def __init__(self, config: WaveNetConfig, dilation: int, *, last: bool):
        super().__init__()
        gates = 2 * config.dilation_channels
        self.dilated = DilatedConvolution(
            config.residual_channels, gates, config.kernel_size, dilation
        )
        if config.conditioning_channels:
            self.conditioning = nn.Linear(config.conditioning_channels, gates, bias=False)
        if not last:  # nothing reads the residual of the last layer
            self.residual = nn.Linear(config.dilation_channels, config.residual_channels)
        self.skip = nn.Linear(config.dilation_channels, config.skip_channels, bias=False)

    def forward(self, x: Tensor, style: Tensor | None) -> tuple[Tensor, Tensor]:
        """From ``B T R`` and ``B G`` to the next layer's input and the gated activation."""
        gates = self.dilated(x)
        if style is not None:
            gates = gates + self.conditioning(style)[:, None]
        filtered, gate = gates.chunk(2, dim=-1)
        z = torch.tanh(filtered) * torch.sigmoid(gate)
        newest = x[:, self.dilated.context :]
        return newest + self.residual(z) if hasattr(self, "residual") else newest, z


class WaveNet(nn.Module):
    """The whole network, from past classes to the logits of the next one."""

    def __init__(self, config: WaveNetConfig):
        super().__init__()
        self.config = config
        dilations = config.dilations
        self.embedding = nn.Embedding(config.classes, config.residual_channels)
        self.layers = nn.ModuleList(
            ResidualLayer(config, dilation, last=index == len(dilations) - 1)
            for index, dilation in enumerate(dilations)
        )
        self.skip_bias = nn.Parameter(torch.zeros(config.skip_channels))
        self.end1 = nn.Linear(config.skip_channels, config.end_channels)
        self.end2 = nn.Linear(config.end_channels, config.classes)

    def signature(self, sample_rate: int, preemphasis: float) -> Signature:
        """What a runtime must know to play this network on audio of ``sample_rate``."""
        config = self.config
        style = Port("style", max(1, config.conditioning_channels), 0, "style")
        return Signature(
            kind="autoregressive",
            inputs=(style,) if config.conditioning_channels else (),
            outputs=(Port("audio", 1, 1, "audio"),),
            sample_rate=sample_rate,
            block_size=1,
            latency=0,
            receptive_field=config.receptive_field,
            codec={"name": "mulaw", "levels": config.classes, "preemphasis": preemphasis},
            head="softmax",
        )

    def forward(self, classes: Tensor, style: Tensor | None = None) -> Tensor:
        """Logits of the class after each sample, ``B T`` to ``B A T``.

        Before the first sample lies silence in every layer (zeros), as in a stream that starts now.
        """
        return self._logits(self._activations(classes, style, pad=True)).transpose(1, 2)

    def predict(self, classes: Tensor, style: Tensor | None = None) -> Tensor:
        """Logits where the whole receptive field is known, ``B T`` to ``B A (T - RF + 1)``.

        Every target of the crop is predicted in one pass, and nothing is computed that no target
        needs: each layer is shorter than the one before by its context.
        """
        return self._logits(self._activations(classes, style, pad=False)).transpose(1, 2)

    def _activations(
        self, classes: Tensor, style: Tensor | None, *, pad: bool
    ) -> Iterator[tuple[Tensor, Tensor]]:
        x = self.embedding(classes)
        for layer in cast("Iterable[ResidualLayer]", self.layers):
            if pad:
                x = F.pad(x, (0, 0, layer.dilated.context, 0))
            x, z = layer(x, style)
            yield layer.skip.weight, z

    def _logits(self, activations: Iterator[tuple[Tensor, Tensor]]) -> Tensor:
        # The sum of all skip projections is one matrix product over all activations side by side,
        # aligned at their newest sample: the tail of each belongs to the same moment.
        weights, zs = zip(*activations, strict=True)
        length = zs[-1].shape[1]
        z = torch.cat([z[:, z.shape[1] - length :] for z in zs], dim=-1)
        skip = z @ torch.cat(weights, dim=1).T + self.skip_bias
        return self.end2(F.relu(self.end1(F.relu(skip))))


def build(config: Mapping[str, Any]) -> WaveNet:
    """The network that ``config`` describes, with fresh weights.

    Raises:
        ConfigError: a field is unknown, missing or out of range.
    """
    try:
        return WaveNet(WaveNetConfig(**config))
    except TypeError as error:
        known = ", ".join(WaveNetConfig.__dataclass_fields__)
        raise ConfigError("BAD_WAVENET", f"{error}.", f"Its fields are {known}.") from error
