"""A linear layer whose outputs are of very different sizes."""

from collections.abc import Mapping

from torch import Tensor, nn

from whisperwave.nn.rescaled import Rescaled


class ScaledLinear(Rescaled, nn.Linear):
    """A linear layer, each of whose outputs is learned as a multiple of its usual size.

    Args:
        in_channels: channels of the input.
        usual: the size of each output, powers of two.
    """

    usual: Tensor

    def __init__(self, in_channels: int, usual: Tensor):
        super().__init__(in_channels, len(usual))
        self.register_buffer("usual", usual, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """As a linear layer does, ``… in_channels`` to ``… len(usual)``."""
        return super().forward(x) * self.usual

    def sizes(self) -> Mapping[str, Tensor]:
        """Those of the outputs."""
        return {"weight": self.usual[:, None], "bias": self.usual}
