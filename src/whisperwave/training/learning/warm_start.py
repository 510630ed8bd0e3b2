"""Where a run may begin: the averaged weights of an earlier one, from a checkpoint or a model."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from whisperwave import modelfile
from whisperwave.generation import find_model
from whisperwave.modelfile import StyleProjection


@dataclass(frozen=True)
class WarmStart:
    """Weights by name, and what a style meant to them where that is known."""

    weights: dict[str, Tensor]
    style: StyleProjection | None


def read_warm_start(name_or_path: str | Path) -> WarmStart:
    """Read whatever stands for a model: a file, a shipped name, a checkpoint, a run folder.

    Its style projection comes along, so that the new run goes on speaking of styles in the same
    way, whatever it listens to.
    """
    model = modelfile.read(find_model(name_or_path))
    return WarmStart({n: torch.tensor(w) for n, w in model.weights.items()}, model.style)
