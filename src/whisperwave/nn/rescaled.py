"""Weights that are learned in other units than they act in."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn


class Rescaled(nn.Module):
    """A layer whose weights are learned as multiples of a usual size.

    An optimiser that takes steps of one size for all weights (Adam) would shake what is measured in
    hundredths, and hardly move what is measured in hundreds. A saved state is that of the plain
    layer: it holds the weights as they act. Sizes are powers of two, so that saving and loading
    change no bit.
    """

    @abstractmethod
    def sizes(self) -> Mapping[str, Tensor]:
        """The usual size of each weight, by its name: a factor that its shape allows."""

    def _save_to_state_dict(
        self, destination: dict[str, Any], prefix: str, keep_vars: bool
    ) -> None:
        super()._save_to_state_dict(destination, prefix, keep_vars)
        for name, size in self.sizes().items():
            destination[prefix + name] = destination[prefix + name] * size

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *args: Any) -> None:
        for name, size in self.sizes().items():
            if prefix + name in state_dict:
                state_dict[prefix + name] = state_dict[prefix + name] / size
        super()._load_from_state_dict(state_dict, prefix, *args)
