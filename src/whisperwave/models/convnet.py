"""ConvNet: a feed-forward, causal WaveNet, from frames of numbers to frames of numbers.

The layers of A. van den Oord et al., "WaveNet: A Generative Model for Raw Audio" (2016),
arXiv:1609.03499, used feed-forward as in D. Rethage et al., "A Wavenet for Speech Denoising"
(ICASSP 2018), arXiv:1706.07162, but causal, as amplifier models need: no output waits for a later
input. What it answers is the sound itself, so nothing is drawn: an effect, or a decoder.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from whisperwave.errors import ConfigError
from whisperwave.nn import Conditions, GatedNetwork, State, ValueConvolution
from whisperwave.shapes import Port, Signature

USUAL_INPUT = 1.0  # audio, controls and latents are about so large

_MOST_DILATION = 2**23  # samples, as a model file allows


@dataclass(frozen=True)
class ConvNetConfig:
    """The shape of a network, in the terms of the WaveNet paper's figure 4.

    Dilations grow by ``dilation_growth`` from layer to layer of a block. The first layer has
    ``initial_kernel_size`` taps on frames of ``input_channels`` numbers; the answer to each has
    ``output_channels``. ``conditioning_channels`` (the style vector) are told once for all.
    """

    layers_per_block: int = 10
    blocks: int = 1
    dilation_growth: int = 2
    kernel_size: int = 3
    initial_kernel_size: int = 1
    residual_channels: int = 16
    dilation_channels: int = 16
    skip_channels: int = 16
    end_channels: int = 16
    input_channels: int = 1
    output_channels: int = 1
    conditioning_channels: int = 0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            least = 0 if name == "conditioning_channels" else 1
            # A truth value is refused too: a model file could not hold it.
            if type(value) is not int or value < least:
                raise ConfigError(
                    "BAD_CONVNET", f"{name}={value} must be a whole number, {least} or more."
                )
        if max(self.dilations) > _MOST_DILATION:
            raise ConfigError(
                "BAD_CONVNET",
                f"a dilation is {max(self.dilations)}, the most is {_MOST_DILATION}.",
                "Use fewer layers_per_block, or a smaller dilation_growth.",
            )

    @property
    def dilations(self) -> tuple[int, ...]:
        """The dilation of each layer, growing within a block and starting again in the next."""
        block = tuple(self.dilation_growth**layer for layer in range(self.layers_per_block))
        return block * self.blocks

    @property
    def receptive_field(self) -> int:
        """How many frames an answer depends on."""
        return self.initial_kernel_size + (self.kernel_size - 1) * sum(self.dilations)


class ConvNet(GatedNetwork):
    """The whole network. Frames are ``B C T``, answers ``B C' T``, with no latency."""

    def __init__(self, config: ConvNetConfig):
        embedding = ValueConvolution(
            config.input_channels,
            config.residual_channels,
            config.initial_kernel_size,
            USUAL_INPUT,
        )
        super().__init__(config, embedding, config.conditioning_channels)
        self.config = config
        self.end2 = nn.Linear(config.end_channels, config.output_channels)

    def signature(self, sample_rate: int, inputs: tuple[Port, ...] | None = None) -> Signature:
        """What a runtime must know to play this network at ``sample_rate``.

        Args:
            sample_rate: of inputs and outputs, in Hz.
            inputs: what the numbers of a frame are, in order, each of rate 1; None for audio.

        Raises:
            ConfigError: ``BAD_PORT``, the inputs are not what the network takes.
        """
        config = self.config
        heard = inputs or (Port("audio", config.input_channels, 1, "audio"),)
        count = sum(port.channels for port in heard)
        if count != config.input_channels or any(port.rate != 1 for port in heard):
            raise ConfigError(
                "BAD_PORT",
                f"the inputs have {count} channels, at rates {[port.rate for port in heard]}.",
                f"Give {config.input_channels} channels of rate 1.",
            )
        style = config.conditioning_channels
        return Signature(
            kind="effect",
            inputs=(*heard, *((Port("style", style, 0, "style"),) if style else ())),
            outputs=(Port("audio", config.output_channels, 1, "audio"),),
            sample_rate=sample_rate,
            block_size=1,
            latency=0,
            receptive_field=config.receptive_field,
            codec={},
            head="numbers",
        )

    def forward(self, frames: Tensor, style: Tensor | None = None) -> Tensor:
        """Filter a stream that starts now.

        Args:
            frames: ``B C T``.
            style: ``B G``, for a network that takes one.

        Returns:
            ``B C' T``.
        """
        return self.step(frames, self.initial_state(len(frames)), style)[0]

    def step(
        self, frames: Tensor, state: State, style: Tensor | None = None
    ) -> tuple[Tensor, State]:
        """Go on from ``state``: ``B C' T`` and the next state; arguments as in `forward`."""
        return self.go_on(frames.transpose(1, 2), state, _told(style))

    def predict(self, frames: Tensor, style: Tensor | None = None) -> Tensor:
        """The answers where the whole receptive field is known, ``B C' (T - RF + 1)``."""
        return self.crop(frames.transpose(1, 2), _told(style))


def _told(style: Tensor | None) -> Conditions | None:
    return None if style is None else Conditions(style[:, None], hop_length=1, length=1)


def build(config: Mapping[str, Any]) -> ConvNet:
    """The network that ``config`` describes, with fresh weights.

    Raises:
        ConfigError: a field is unknown, missing or out of range.
    """
    try:
        return ConvNet(ConvNetConfig(**config))
    except TypeError as error:
        known = ", ".join(ConvNetConfig.__dataclass_fields__)
        raise ConfigError("BAD_CONVNET", f"{error}.", f"Its fields are {known}.") from error
