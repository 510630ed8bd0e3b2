"""Learn to predict the next sample of sound: a class, or a value."""

from collections.abc import Mapping
from typing import Any

from whisperwave.training.learning.autoregressive import NextSample, build
from whisperwave.training.material.preparation import Prepared, augmented, extent, prepare

__all__ = ["NextSample", "build", "describe", "prepare"]


def describe(prepared: Prepared) -> Mapping[str, Any]:
    """How many minutes of sound there are, and what may happen to them."""
    return {**extent(prepared), **augmented(prepared)}
