"""Gated, dilated layers between a first layer and a head: what the families of WaveNet share.

After A. van den Oord et al., "WaveNet: A Generative Model for Raw Audio" (2016), arXiv:1609.03499,
sections 2.1 to 2.5: causal dilated convolutions, gated units, residual and skip connections, and
what is told entering every gate.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from whisperwave.nn.class_convolution import ClassConvolution
from whisperwave.nn.convolution import DilatedConvolution
from whisperwave.nn.value_convolution import ValueConvolution

State = tuple[Tensor, ...]


class GatedSizes(Protocol):
    """The sizes of the layers and the head, in the terms of the paper's figure 4."""

    @property
    def dilations(self) -> tuple[int, ...]:
        """The dilation of each layer."""

    @property
    def kernel_size(self) -> int:
        """Taps of each layer."""

    @property
    def residual_channels(self) -> int:
        """Channels from layer to layer."""

    @property
    def dilation_channels(self) -> int:
        """Channels of filters, and of gates."""

    @property
    def skip_channels(self) -> int:
        """Channels of the sum of all layers."""

    @property
    def end_channels(self) -> int:
        """Channels between the last two layers."""


@dataclass(frozen=True)
class Conditions:
    """What each output is told: ``frames`` ``B F G``, each for ``hop_length`` of them.

    The first of ``length`` inputs predicts sample 1 of frame 0. One frame alone holds for all.
    """

    frames: Tensor
    hop_length: int
    length: int

    def spread(self, layer: nn.Module, newest: int) -> Tensor:
        """A projection of the frames for the ``newest`` predictions: ``B newest C``, or ``B 1 C``.

        Projected frame by frame and then repeated, for a frame lasts many samples.
        """
        projected: Tensor = layer(self.frames)
        batch, count, channels = projected.shape
        if count == 1:
            return projected
        repeated = projected[:, :, None].expand(batch, count, self.hop_length, channels)
        told = repeated.reshape(batch, count * self.hop_length, channels)
        return told[:, 1 + self.length - newest : 1 + self.length]


class ResidualLayer(nn.Module):
    """A gated, dilated convolution whose result goes on to the next layer and to the skip sum."""

    def __init__(self, sizes: GatedSizes, told: int, dilation: int, *, last: bool):
        super().__init__()
        gates = 2 * sizes.dilation_channels
        self.dilated = DilatedConvolution(
            sizes.residual_channels, gates, sizes.kernel_size, dilation
        )
        if told:
            self.conditioning = nn.Linear(told, gates, bias=False)
        if not last:  # nothing reads the residual of the last layer
            self.residual = nn.Linear(sizes.dilation_channels, sizes.residual_channels)
        self.skip = nn.Linear(sizes.dilation_channels, sizes.skip_channels, bias=False)

    def forward(self, x: Tensor, conditions: Conditions | None) -> tuple[Tensor, Tensor]:
        """From ``B T R`` and what is told to the next layer's input and the gated activation."""
        gates = self.dilated(x)
        if conditions is not None:
            gates = gates + conditions.spread(self.conditioning, gates.shape[1])
        filtered, gate = gates.chunk(2, dim=-1)
        z = torch.tanh(filtered) * torch.sigmoid(gate)
        newest = x[:, self.dilated.context :]
        return newest + self.residual(z) if hasattr(self, "residual") else newest, z


class GatedNetwork(nn.Module):
    """First layer, gated layers and head; a family says what its samples and its answers mean.

    Args:
        sizes: of layers and head.
        embedding: the first layer, which hears ``B T`` or ``B T C``.
        told: numbers that every layer is told.
    """

    end2: nn.Linear  # made by the family

    def __init__(
        self, sizes: GatedSizes, embedding: ClassConvolution | ValueConvolution, told: int
    ) -> None:
        super().__init__()
        dilations = sizes.dilations
        self.embedding = embedding
        self.layers = nn.ModuleList(
            ResidualLayer(sizes, told, dilation, last=index == len(dilations) - 1)
            for index, dilation in enumerate(dilations)
        )
        self.skip_bias = nn.Parameter(torch.zeros(sizes.skip_channels))
        self.end1 = nn.Linear(sizes.skip_channels, sizes.end_channels)

    def initial_state(self, batch_size: int) -> State:
        """Silence in every layer: what each will still need of its past.

        The first layer remembers samples, the others activations, ``B context R``.
        """
        deeper = (layer.dilated.initial_state(batch_size) for layer in self._chain)
        return self.embedding.initial_state(batch_size), *deeper

    def go_on(
        self, samples: Tensor, state: State, conditions: Conditions | None
    ) -> tuple[Tensor, State]:
        """Answers ``B A T`` to the next samples of a stream, and its next state."""
        heard, *deeper = state
        samples = torch.cat([heard, samples], dim=1)
        x = self.embedding(samples)
        after, activations = [self.embedding.remembered(samples)], []
        for layer, past in zip(self._chain, deeper, strict=True):
            x = torch.cat([past, x], dim=1)
            after.append(layer.dilated.remembered(x))
            x, z = layer(x, conditions)
            activations.append(z)
        return self._answers(activations), tuple(after)

    def crop(self, samples: Tensor, conditions: Conditions | None) -> Tensor:
        """Answers where the whole receptive field is known, ``B A (T - RF + 1)``.

        Nothing is computed that no answer needs: each layer is shorter than the one before by its
        context.
        """
        x = self.embedding(samples)
        activations = []
        for layer in self._chain:
            x, z = layer(x, conditions)
            activations.append(z)
        return self._answers(activations)

    @property
    def _chain(self) -> Iterable[ResidualLayer]:
        return cast("Iterable[ResidualLayer]", self.layers)

    def _answers(self, activations: Sequence[Tensor]) -> Tensor:
        # The sum of all skip projections is one matrix product over all activations side by side,
        # aligned at their newest sample: the tail of each belongs to the same moment.
        length = activations[-1].shape[1]
        z = torch.cat([each[:, each.shape[1] - length :] for each in activations], dim=-1)
        weight = torch.cat([layer.skip.weight for layer in self._chain], dim=1)
        skip = F.relu(F.linear(z, weight, self.skip_bias))
        told: Tensor = self.end2(F.relu(self.end1(skip)))
        return told.transpose(1, 2)
