"""A trained model as a value: what it is, its weights, and the exam that proves a runtime right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whisperwave.shapes import Signature

Array = NDArray[Any]

PRECISIONS = ("float32", "bfloat16", "int8")
"""What weights may be played in, from the largest to the smallest; a file holds the first."""


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


@dataclass(frozen=True)
class Cost:
    """What it costs to play in a smaller precision: bits per sample on clips, before and after.

    Args:
        bits_before: in float32.
        bits_after: in the smaller precision, of the same samples.
        clips: how many clips were scored; no calibration has heard them.
        samples: how many samples of them, in all.
    """

    bits_before: float
    bits_after: float
    clips: int
    samples: int

    @property
    def bits(self) -> float:
        """The difference; below 0 if the smaller precision happened to foretell better."""
        return self.bits_after - self.bits_before


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
        calibration: by name, the largest activations that int8 tells apart; empty without int8.
        precisions: the smaller precisions that it may be played in, each with what it costs.
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
    calibration: Mapping[str, Array] = field(default_factory=dict)
    precisions: Mapping[str, Cost] = field(default_factory=dict)

    @property
    def offered(self) -> tuple[str, ...]:
        """The precisions that it may be played in, from the largest to the smallest."""
        return tuple(p for p in PRECISIONS if p == PRECISIONS[0] or p in self.precisions)
