"""WaveNet: each sample is drawn from a distribution that depends on all samples before it.

After A. van den Oord et al., "WaveNet: A Generative Model for Raw Audio" (2016), arXiv:1609.03499,
sections 2.1 to 2.5: causal dilated convolutions, gated units, residual and skip connections, a
style vector as global conditioning and frames of controls as local conditioning. Both enter every
gate side by side, as one vector for each frame; nothing is told to a sample but its own frame.
The distribution is over classes, or a mixture over values, after T. Salimans et al., "PixelCNN++"
(ICLR 2017) and A. van den Oord et al., "Parallel WaveNet" (2017), section 2.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from whisperwave.dsp import prediction
from whisperwave.errors import ConfigError
from whisperwave.nn import (
    USUAL_VALUE,
    ClassConvolution,
    Conditions,
    GatedNetwork,
    Head,
    MixtureHead,
    ScaledLinear,
    SoftmaxHead,
    State,
    ValueConvolution,
    class_values,
)
from whisperwave.shapes import MID_SIDE, Port, Signature

HEADS = ("classes", "logistics", "gaussians")  # what a sample is, by the key that counts them

_MAY_BE_NONE = frozenset({"conditioning_channels", "control_channels", "scalar_input", *HEADS})

AMPLITUDE_SCALE = 8.0  # brings the amplitudes of ordinary sound to about one


@dataclass(frozen=True)
class WaveNetConfig:
    """The shape of a network, in the terms of the paper's figure 4 and section 2.5.

    The first layer has ``initial_kernel_size`` taps; it hears a sample as the one-hot vector of its
    class, or with ``scalar_input=1`` as the value that the class stands for. ``control_channels``
    are told anew every ``hop_length`` samples, ``conditioning_channels`` (the style vector) once
    for all. A sample is one of ``classes``; or ``channels`` values, each told by a mixture of so
    many ``logistics`` or ``gaussians``.
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
    logistics: int = 0
    gaussians: int = 0
    channels: int = 1

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
        self._check_head()

    def _check_head(self) -> None:
        sizes = ", ".join(f"{name}={getattr(self, name)}" for name in HEADS)
        if sum(getattr(self, name) > 0 for name in HEADS) != 1:
            raise ConfigError(
                "BAD_WAVENET",
                f"{sizes}: a sample is told in one way.",
                "Make one of them 1 or more, and the others 0.",
            )
        if self.classes and self.channels > 1:
            raise ConfigError(
                "BAD_WAVENET",
                f"channels={self.channels}, but a class tells of one channel.",
                "Use logistics or gaussians, with classes=0.",
            )
        if not self.classes and not self.scalar_input:
            raise ConfigError(
                "BAD_WAVENET", f"{sizes}, scalar_input=0.", "Values need scalar_input=1."
            )

    @property
    def head(self) -> str:
        """The form of the prediction, as a signature names it."""
        return "softmax" if self.classes else "logistics" if self.logistics else "gaussians"

    @property
    def dilations(self) -> tuple[int, ...]:
        """The dilation of each layer, doubling within a block and starting again in the next."""
        return tuple(2**layer for layer in range(self.layers_per_block)) * self.blocks

    @property
    def receptive_field(self) -> int:
        """How many samples a prediction depends on."""
        return self.initial_kernel_size + (self.kernel_size - 1) * sum(self.dilations)


class WaveNet(GatedNetwork):
    """The whole network, from past samples to the distribution of the next one.

    Samples are ``B T`` classes, or ``B T C`` values in [-1, 1]. A distribution is ``A`` numbers:
    the logits of the classes; or for each channel the logits of its mixture's components, their
    means, and the logarithms of their scales.
    """

    def __init__(self, config: WaveNetConfig):
        told = config.conditioning_channels + config.control_channels
        super().__init__(config, first_layer(config), told)
        self.config = config
        self.head: Head = (
            SoftmaxHead()
            if config.classes
            else MixtureHead(config.head, config.logistics or config.gaussians, config.channels)
        )
        self.end2 = last_layer(config)

    def signature(
        self, sample_rate: int, preemphasis: float, prediction_order: int | None = None
    ) -> Signature:
        """What a runtime must know to play this network on audio of ``sample_rate``.

        With a ``prediction_order`` the samples are those of the excitation that linear prediction
        leaves (`whisperwave.dsp.prediction`), with 0 those of the sound itself; None takes the
        usual order for a network with controls, and 0 for another.

        Raises:
            ConfigError: ``BAD_PREDICTION``, a network without controls has no outline to be
                filtered by, and one filter does not serve several channels.
        """
        config = self.config
        inputs = []
        if config.conditioning_channels:
            inputs.append(Port("style", config.conditioning_channels, 0, "style"))
        if config.control_channels:
            inputs.append(Port("mel", config.control_channels, config.hop_length, "control"))
        codec: dict[str, Any] = {"name": "linear", "preemphasis": preemphasis}
        if config.classes:
            codec |= {"name": "mulaw", "levels": config.classes}
        if config.channels == 2:
            codec |= {"stereo": MID_SIDE}
        if prediction_order is None:
            outlined = config.control_channels and config.channels == 1
            prediction_order = prediction.ORDER if outlined else 0
        if prediction_order:
            _check_outlined(config, prediction_order)
            lags = Port("autocorrelation", prediction_order + 1, config.hop_length, "predictor")
            inputs.append(lags)
            codec |= {"name": f"{codec['name']}_lpc", "limit": prediction.LIMIT}
        return Signature(
            kind="autoregressive",
            inputs=tuple(inputs),
            outputs=(Port("audio", config.channels, 1, "audio"),),
            sample_rate=sample_rate,
            block_size=1,
            latency=0,
            receptive_field=config.receptive_field,
            codec=codec,
            head=config.head,
        )

    def forward(
        self, samples: Tensor, style: Tensor | None = None, controls: Tensor | None = None
    ) -> Tensor:
        """The distribution after each sample of a stream that starts now.

        Args:
            samples: ``B T`` or ``B T C``.
            style: ``B G``, for a network that takes one.
            controls: ``B K F``, F being ``1 + T // hop_length``, for a network that takes them.

        Returns:
            ``B A T``.
        """
        conditions = self._conditions(style, controls, samples.shape[1])
        return self.go_on(samples, self.initial_state(len(samples)), conditions)[0]

    def step(
        self,
        samples: Tensor,
        state: State,
        style: Tensor | None = None,
        control: Tensor | None = None,
    ) -> tuple[Tensor, State]:
        """Go on from ``state`` by samples of one frame: ``B A T`` and the next state.

        Args:
            samples: ``B T`` or ``B T C``.
            state: from `initial_state` or the step before.
            style: ``B G``.
            control: ``B K``, the frame in which all the predictions lie.
        """
        frame = None if control is None else control[:, :, None]
        return self.go_on(samples, state, self._conditions(style, frame, samples.shape[1]))

    def predict(
        self, samples: Tensor, style: Tensor | None = None, controls: Tensor | None = None
    ) -> Tensor:
        """Distributions where the whole receptive field is known, ``B A (T - RF + 1)``.

        Every target of the crop is predicted in one pass. Arguments as in `forward`.
        """
        conditions = self._conditions(style, controls, samples.shape[1])
        return self.crop(samples, conditions)

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


def _check_outlined(config: WaveNetConfig, prediction_order: int) -> None:
    if config.channels > 1:
        raise ConfigError(
            "BAD_PREDICTION",
            f"prediction_order={prediction_order}, but channels={config.channels}.",
            "Use a prediction_order of 0: one filter does not serve several channels.",
        )
    if not config.control_channels:
        raise ConfigError(
            "BAD_PREDICTION",
            f"prediction_order={prediction_order}, but the network is told no outline.",
            "Give it control_channels, or a prediction_order of 0.",
        )


def first_layer(config: WaveNetConfig) -> ClassConvolution | ValueConvolution:
    """The layer that hears the samples, at a start from which learning is quick."""
    if not config.classes:
        return ValueConvolution(
            config.channels, config.residual_channels, config.initial_kernel_size
        )
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


def last_layer(config: WaveNetConfig) -> nn.Linear:
    """The layer that tells the distribution, at a start from which learning is quick.

    A mixture starts with components of all widths around zero, so that whatever the size of the
    sound, some are near it.
    """
    if config.classes:
        return nn.Linear(config.end_channels, config.classes)
    components = config.logistics or config.gaussians
    ones = torch.ones(components)
    usual = torch.cat([ones, USUAL_VALUE * ones, ones]).repeat(config.channels)
    layer = ScaledLinear(config.end_channels, usual)
    widths = math.log(USUAL_VALUE) + torch.linspace(-2.0, 1.0, components + 2)[1:-1]
    start = torch.cat([0.0 * ones, 0.0 * ones, widths])
    layer.weight.data *= 0.1
    layer.bias.data.copy_(start.repeat(config.channels))
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
