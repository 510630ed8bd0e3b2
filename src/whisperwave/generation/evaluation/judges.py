"""Three judges of style: which held-out clip is a sound nearest to?

The first listens by texture statistics, the second by the mean and covariance of log-mel frames.
Both are near to what steers a model (its style, its outline). The third listens to fine structure,
which no model is told and which nothing holds a piece to: agreement shows that a model did not
merely please the measures that it was given.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp.features.fine_structure import fine_structure
from whisperwave.dsp.features.texture import texture_statistics
from whisperwave.dsp.spectra import log_mel
from whisperwave.generation.evaluation.protocol import Subject, excerpt
from whisperwave.reports.metrics import (
    Gaussian,
    fit_gaussian,
    frechet_distance,
    standardised_distances,
)

Floats = NDArray[np.float32]

MEL_BANDS = 48
MEL_FLOOR_DB = -80.0


@dataclass(frozen=True)
class Opinion:
    """The style of the nearest held-out clip, and the distance to the nearest of each style."""

    nearest: str
    distances: dict[str, float]


class StatisticsJudge:
    """Nearest by statistics of the whole sound, each in units of its spread over the library.

    Args:
        describe: from a sound ``[T]`` and its rate to its statistics ``[N]``.
        subjects: their clips are the library.
        sample_rate: of the clips, in Hz.
    """

    def __init__(
        self,
        describe: Callable[[Floats, int], Floats],
        subjects: Sequence[Subject],
        sample_rate: int,
    ) -> None:
        self._describe = describe
        self._rate = sample_rate
        self._labels = _labels(subjects)
        self._references = np.stack([self._heard(audio) for audio in _held_out(subjects)])
        picked = [self._heard(each.audio) for subject in subjects for each in subject.picked]
        self._spread = np.concatenate([self._references, picked]).std(axis=0)

    def __call__(self, audio: Floats) -> Opinion:
        """Judge a sound ``[T]`` at the model's rate."""
        row = self._heard(audio)[np.newaxis]
        return _opinion(
            self._labels, standardised_distances(row, self._references, self._spread)[0].tolist()
        )

    def _heard(self, audio: Floats) -> Floats:
        return self._describe(excerpt(audio, self._rate), self._rate)


class LogMelJudge:
    """Nearest by the Fréchet distance between Gaussians of log-mel frames."""

    def __init__(self, subjects: Sequence[Subject], sample_rate: int) -> None:
        self._rate = sample_rate
        self._labels = _labels(subjects)
        self._references = [self._heard(audio) for audio in _held_out(subjects)]

    def __call__(self, audio: Floats) -> Opinion:
        """Judge a sound ``[T]`` at the model's rate."""
        heard = self._heard(audio)
        return _opinion(self._labels, [frechet_distance(heard, each) for each in self._references])

    def _heard(self, audio: Floats) -> Gaussian:
        heard = excerpt(audio, self._rate)
        return fit_gaussian(log_mel(heard, self._rate, n_mels=MEL_BANDS, floor_db=MEL_FLOOR_DB))


Judge = StatisticsJudge | LogMelJudge


def judges(subjects: Sequence[Subject], sample_rate: int) -> dict[str, Judge]:
    """All judges, by the name they have in the result."""
    return {
        "texture": StatisticsJudge(texture_statistics, subjects, sample_rate),
        "log_mel": LogMelJudge(subjects, sample_rate),
        "fine_structure": StatisticsJudge(fine_structure, subjects, sample_rate),
    }


def _labels(subjects: Sequence[Subject]) -> list[str]:
    return [subject.style for subject in subjects for _ in subject.held_out]


def _held_out(subjects: Sequence[Subject]) -> list[Floats]:
    return [each.audio for subject in subjects for each in subject.held_out]


def _opinion(labels: list[str], distances: list[float]) -> Opinion:
    nearest: dict[str, float] = {}
    for label, distance in zip(labels, distances, strict=True):
        nearest[label] = min(distance, nearest.get(label, np.inf))
    return Opinion(min(nearest, key=nearest.__getitem__), nearest)
