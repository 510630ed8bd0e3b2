"""Where a run may begin: the averaged weights of an earlier one, from a checkpoint or a model."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from whisperwave import modelfile
from whisperwave.modelfile import StyleProjection
from whisperwave.training import checkpoints

_PREFIX = "module."  # torch's name for the network inside its average


@dataclass(frozen=True)
class WarmStart:
    """Weights by name, and what a style meant to them where that is known."""

    weights: dict[str, Tensor]
    style: StyleProjection | None


def read_warm_start(path: Path) -> WarmStart:
    """Read a checkpoint folder or a model file.

    A model file brings its style projection along, so that the new run goes on speaking of styles
    in the same way, whatever it listens to.
    """
    if path.is_dir():
        average: dict[str, Tensor] = checkpoints.load(path)["average"]
        weights = {n.removeprefix(_PREFIX): w for n, w in average.items() if n.startswith(_PREFIX)}
        return WarmStart(weights, None)
    model = modelfile.read(path)
    return WarmStart({n: torch.tensor(w) for n, w in model.weights.items()}, model.style)
