"""A trained model as a value: what it is, its weights, and the exam that proves a runtime right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whisperwave.shapes import Signature

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Exam:
    """Test vectors that any runtime can be asked to sit.

    Args:
        inputs: arrays to feed, by name.
        outputs: what the model answered when it was trained, by name.
        tolerances: the largest error that passes, relative to an output's norm, by precision
            (``float32``, ``bfloat16``, ``int8``).
    """

    inputs: Mapping[str, Array]
    outputs: Mapping[str, Array]
    tolerances: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class StyleProjection:
    """How a clip's statistics become a style vector: centred, then projected (whitened).

    Args:
        mean: float32 [n], the statistics of an average training clip.
        projection: float32 [k, n], k at most 64.
    """

    mean: NDArray[np.float32]
    projection: NDArray[np.float32]

    def __call__(self, statistics: NDArray[np.float32]) -> NDArray[np.float32]:
        """The style vector [k] of one clip's statistics [n]."""
        return self.projection @ (statistics - self.mean)


@dataclass(frozen=True, eq=False)
class ModelFile:
    """Everything that playing a trained model needs, and where the model came from.

    Args:
        family: the architecture's name, for example ``wavenet``.
        config: the architecture's hyperparameters.
        signature: inputs, outputs, rate, latency and codec, as every runtime reads them.
        weights: arrays by name, folded ready to run.
        exam: test vectors with their tolerance.
        features: settings of the features that the model is steered by.
        style: from a clip's statistics to the style input, or None for an unconditioned model.
        catalogue: the styles it was trained on.
        statistics: of the training data (rates, levels, durations).
        provenance: how it was trained: data, steps, settings, seed.
        licence: SPDX identifier of the weights' licence, or a sentence.
    """

    family: str
    config: Mapping[str, Any]
    signature: Signature
    weights: Mapping[str, Array]
    exam: Exam
    features: Mapping[str, Any] = field(default_factory=dict)
    style: StyleProjection | None = None
    catalogue: Sequence[Any] = ()
    statistics: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    licence: str = "unstated"
