"""Learn to predict the next sample of sound: a class, or a value."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from whisperwave.modelfile import StyleProjection
from whisperwave.training.learning.autoregressive import NextSample, build
from whisperwave.training.material.preparation import Prepared, augmented, build_network, extent
from whisperwave.training.material.preparation import prepare as prepare_sounds
from whisperwave.training.settings.run import RunSettings

__all__ = ["NextSample", "build", "describe", "prepare"]


def prepare(
    folder: Path, settings: RunSettings, style: StyleProjection | None = None
) -> tuple[nn.Module, Prepared]:
    """Build the network that the settings name, and prepare the sounds for it."""
    network = build_network(settings)
    return network, prepare_sounds(folder, settings, network, style)


def describe(prepared: Prepared) -> Mapping[str, Any]:
    """How many minutes of sound there are, and what may happen to them."""
    return {**extent(prepared), **augmented(prepared)}
