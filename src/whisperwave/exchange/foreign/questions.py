"""What a source is asked about itself: windows of real audio, and what comes after each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whisperwave.exchange.foreign.layers import Array, Doubles, Plain


@dataclass(frozen=True, eq=False)
class Question:
    """Windows of classes ``[N, T]``, and what must be known to read them.

    Args:
        windows: what was heard.
        values: what each class stands for ``[A]``, for a network that hears values.
        dilations: of each layer.
        told: the class of the piece, for a network that is told one.
    """

    windows: NDArray[np.int32]
    values: Doubles
    dilations: tuple[int, ...]
    told: int | None = None

    def as_mapping(self) -> dict[str, Any]:
        """All but the windows, JSON-ready."""
        return {
            "shape": list(self.windows.shape),
            "values": self.values.tolist(),
            "dilations": list(self.dilations),
            "told": self.told,
        }

    @classmethod
    def of(cls, mapping: Mapping[str, Any], windows: bytes) -> "Question":
        """The inverse of `as_mapping`."""
        return cls(
            np.frombuffer(windows, np.int32).reshape(mapping["shape"]),
            np.asarray(mapping["values"], np.float64),
            tuple(mapping["dilations"]),
            mapping["told"],
        )


def foretold(network: Plain, question: Question) -> Array:
    """The logits ``[N, T - RF + 1, A]`` of a network that is its weights and nothing else."""
    answers = [
        network.foretell(window, question.values, question.dilations, question.told)
        for window in question.windows
    ]
    return np.stack(answers)
