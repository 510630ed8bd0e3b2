"""WaveNet: each sample is drawn from a distribution over classes, given all samples before it.

After A. van den Oord et al., "WaveNet: A Generative Model for Raw Audio" (2016), arXiv:1609.03499,
sections 2.1 to 2.5: causal dilated convolutions, gated units, residual and skip connections, a
style vector as global conditioning and frames of controls as local conditioning. Both enter every
gate side by side, as one vector for each frame; nothing is told to a sample but its own frame.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from whisperwave.dsp import prediction
from whisperwave.errors import ConfigError
from whisperwave.nn import ClassConvolution, DilatedConvolution, class_values
from whisperwave.shapes import Port, Signature

State = tuple[Tensor, ...]

_MAY_BE_NONE = frozenset({"conditioning_channels", "control_channels", "scalar_input"})

AMPLITUDE_SCALE = 8.0  # brings the amplitudes of ordinary sound to about one


@dataclass(frozen=True)
class WaveNetConfig:
    """The shape of a network, in the terms of the paper's figure 4 and section 2.5.

    The first layer has ``initial_kernel_size`` taps; it hears a sample as the one-hot vector of its
    class, or with ``scalar_input=1`` as the value that the class stands for. ``control_channels``
    are told anew every ``hop_length`` samples, ``conditioning_channels`` (the style vector) once
    for all.
    """

    layers_per_block: int = 10
    blocks: int = 2
    kernel_size: int = 2
    residual_channels: int = 32
    dilation_channels: int = 32
    skip_channels: int = 96
    end_channels: int = 128
    classes: int = 256
    conditioning_channels: int = 32
    control_channels: int = 0
    hop_length: int = 160
    initial_kernel_size: int = 1
    scalar_input: int = 0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            least = 0 if name in _MAY_BE_NONE else 1
            # A truth value is refused too: a model file could not hold it.
            if type(value) is not int or value < least:
                raise ConfigError(
                    "BAD_WAVENET", f"{name}={value} must be a whole number, {least} or more."
                )
        if self.scalar_input > 1:
            raise ConfigError("BAD_WAVENET", f"scalar_input={self.scalar_input} must be 0 or 1.")

    @property
    def dilations(self) -> tuple[int, ...]:
        """The dilation of each layer, doubling within a block and starting again in the next."""
        return tuple(2**layer for layer in range(self.layers_per_block)) * self.blocks

    @property
    def receptive_field(self) -> int:
        """How many samples a prediction depends on."""
        return self.initial_kernel_size + (self.kernel_size - 1) * sum(self.dilations)


@dataclass(frozen=True)
class Conditions:
    """What each prediction is told: ``frames`` ``B F G``, each for ``hop_length`` predictions.

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

    def __init__(self, config: WaveNetConfig, dilation: int, *, last: bool):
        super().__init__()
        gates = 2 * config.dilation_channels
        self.dilated = DilatedConvolution(
            config.residual_channels, gates, config.kernel_size, dilation
        )
        told = config.conditioning_channels + config.control_channels
        if told:
            self.conditioning = nn.Linear(told, gates, bias=False)
        if not last:  # nothing reads the residual of the last layer
            self.residual = nn.Linear(config.dilation_channels, config.residual_channels)
        self.skip = nn.Linear(config.dilation_channels, config.skip_channels, bias=False)

    def forward(self, x: Tensor, conditions: "Conditions | None") -> tuple[Tensor, Tensor]:
        """From ``B T R`` and what is told to the next layer's input and the gated activation."""
        gates = self.dilated(x)
        if conditions is not None:
            gates = gates + conditions.spread(self.conditioning, gates.shape[1])
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
        self.embedding = first_layer(config)
        self.layers = nn.ModuleList(
            ResidualLayer(config, dilation, last=index == len(dilations) - 1)
            for index, dilation in enumerate(dilations)
        )
        self.skip_bias = nn.Parameter(torch.zeros(config.skip_channels))
        self.end1 = nn.Linear(config.skip_channels, config.end_channels)
        self.end2 = nn.Linear(config.end_channels, config.classes)

    def signature(
        self, sample_rate: int, preemphasis: float, prediction_order: int | None = None
    ) -> Signature:
        """What a runtime must know to play this network on audio of ``sample_rate``.

        With a ``prediction_order`` the classes are those of the excitation that linear prediction
        leaves (`whisperwave.dsp.prediction`), with 0 those of the sound itself; None takes the
        usual order for a network with controls, and 0 for another.

        Raises:
            ConfigError: ``BAD_PREDICTION``, a network without controls has no outline to be
                filtered by.
        """
        config = self.config
        inputs = []
        if config.conditioning_channels:
            inputs.append(Port("style", config.conditioning_channels, 0, "style"))
        if config.control_channels:
            inputs.append(Port("mel", config.control_channels, config.hop_length, "control"))
        codec = {"name": "mulaw", "levels": config.classes, "preemphasis": preemphasis}
        if prediction_order is None:
            prediction_order = prediction.ORDER if config.control_channels else 0
        if prediction_order:
            _check_outlined(config, prediction_order)
            lags = Port("autocorrelation", prediction_order + 1, config.hop_length, "predictor")
            inputs.append(lags)
            codec |= {"name": "mulaw_lpc", "limit": prediction.LIMIT}
        return Signature(
            kind="autoregressive",
            inputs=tuple(inputs),
            outputs=(Port("audio", 1, 1, "audio"),),
            sample_rate=sample_rate,
            block_size=1,
            latency=0,
            receptive_field=config.receptive_field,
            codec=codec,
            head="softmax",
        )

    def forward(
        self, classes: Tensor, style: Tensor | None = None, controls: Tensor | None = None
    ) -> Tensor:
        """Logits of the class after each sample of a stream that starts now.

        Args:
            classes: ``B T``.
            style: ``B G``, for a network that takes one.
            controls: ``B K F``, F being ``1 + T // hop_length``, for a network that takes them.

        Returns:
            ``B A T``.
        """
        conditions = self._conditions(style, controls, classes.shape[1])
        return self._step(classes, self.initial_state(len(classes)), conditions)[0]

    def initial_state(self, batch_size: int) -> State:
        """Silence in every layer: what each will still need of its past.

        The first layer remembers classes, ``B context``, the others activations, ``B context R``.
        """
        deeper = (layer.dilated.initial_state(batch_size) for layer in self._chain)
        return self.embedding.initial_state(batch_size), *deeper

    def step(
        self,
        classes: Tensor,
        state: State,
        style: Tensor | None = None,
        control: Tensor | None = None,
    ) -> tuple[Tensor, State]:
        """Go on from ``state`` by samples of one frame: logits ``B A T`` and the next state.

        Args:
            classes: ``B T``.
            state: from `initial_state` or the step before.
            style: ``B G``.
            control: ``B K``, the frame in which all the predictions lie.
        """
        frame = None if control is None else control[:, :, None]
        return self._step(classes, state, self._conditions(style, frame, classes.shape[1]))

    def predict(
        self, classes: Tensor, style: Tensor | None = None, controls: Tensor | None = None
    ) -> Tensor:
        """Logits where the whole receptive field is known, ``B T`` to ``B A (T - RF + 1)``.

        Every target of the crop is predicted in one pass, and nothing is computed that no target
        needs: each layer is shorter than the one before by its context. Arguments as in `forward`.
        """
        conditions = self._conditions(style, controls, classes.shape[1])
        x = self.embedding(classes)
        activations = []
        for layer in self._chain:
            x, z = layer(x, conditions)
            activations.append(z)
        return self._logits(activations)

    def _step(
        self, classes: Tensor, state: State, conditions: Conditions | None
    ) -> tuple[Tensor, State]:
        heard, *deeper = state
        classes = torch.cat([heard, classes], dim=1)
        x = self.embedding(classes)
        after, activations = [self.embedding.remembered(classes)], []
        for layer, past in zip(self._chain, deeper, strict=True):
            x = torch.cat([past, x], dim=1)
            after.append(layer.dilated.remembered(x))
            x, z = layer(x, conditions)
            activations.append(z)
        return self._logits(activations), tuple(after)

    def _conditions(
        self, style: Tensor | None, controls: Tensor | None, length: int
    ) -> Conditions | None:
        told = [] if controls is None else [controls.transpose(1, 2)]
        if style is not None:
            frames = told[0].shape[1] if told else 1
            told.insert(0, style[:, None].expand(-1, frames, -1))
        if not told:
            return None
        return Conditions(torch.cat(told, dim=-1), self.config.hop_length, length)

    @property
    def _chain(self) -> Iterable[ResidualLayer]:
        return cast("Iterable[ResidualLayer]", self.layers)

    def _logits(self, activations: Sequence[Tensor]) -> Tensor:
        # The sum of all skip projections is one matrix product over all activations side by side,
        # aligned at their newest sample: the tail of each belongs to the same moment.
        length = activations[-1].shape[1]
        z = torch.cat([each[:, each.shape[1] - length :] for each in activations], dim=-1)
        weight = torch.cat([layer.skip.weight for layer in self._chain], dim=1)
        skip = F.relu(F.linear(z, weight, self.skip_bias))
        return self.end2(F.relu(self.end1(skip))).transpose(1, 2)


def _check_outlined(config: WaveNetConfig, prediction_order: int) -> None:
    if not config.control_channels:
        raise ConfigError(
            "BAD_PREDICTION",
            f"prediction_order={prediction_order}, but the network is told no outline.",
            "Give it control_channels, or a prediction_order of 0.",
        )


def first_layer(config: WaveNetConfig) -> ClassConvolution:
    """The layer that hears the classes, at a start from which learning is quick."""
    layer = ClassConvolution(
        config.classes,
        config.residual_channels,
        config.initial_kernel_size,
        scalar=bool(config.scalar_input),
    )
    if config.scalar_input:
        layer.weight.data *= AMPLITUDE_SCALE
    else:  # older samples are first heard through the deeper layers, as with a kernel of one
        layer.weight.data.zero_()
        newest = layer.weight.data[-config.classes :]
        newest.copy_(ordered_embedding(config.classes, config.residual_channels))
    return layer


def ordered_embedding(classes: int, channels: int) -> Tensor:
    """Where the embedding of the classes starts, ``A R``: near classes are near, loud ones far.

    Classes are steps of a scale, which a random start would leave to be learned first. Channel 0 is
    the amplitude that a µ-law class stands for, so that linear prediction is within reach from the
    first step; the others are cosines of the class, slower ones stronger.
    """
    companded = torch.linspace(-1.0, 1.0, classes)
    order = torch.arange(1, channels)
    cosines = torch.cos(0.5 * math.pi * order * (companded[:, None] + 1.0)) / order.sqrt()
    return torch.cat([AMPLITUDE_SCALE * class_values(classes)[:, None], 2.0 * cosines], dim=1)


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
