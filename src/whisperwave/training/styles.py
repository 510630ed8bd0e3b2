"""Style vectors of the training sounds: what the network is told a crop sounds like."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whisperwave.datasets import Excerpt, Sounds
from whisperwave.dsp.features.texture import texture_statistics
from whisperwave.dsp.whitening import fit_whitening
from whisperwave.modelfile import StyleProjection

Floats = NDArray[np.float32]

WINDOWS = 4  # excerpts of each file that a style vector is taken from, beside the whole file


@dataclass(frozen=True)
class Styles:
    """The style vectors of every excerpt, ``vectors[excerpt] = [WINDOWS + 1, G]``.

    ``mean [S]`` and ``projection [G, S]`` turn texture statistics into a style vector.
    """

    mean: Floats
    projection: Floats
    vectors: dict[Excerpt, Floats]


def describe(
    sounds: Sounds, dimensions: int, window_seconds: float, known: StyleProjection | None = None
) -> Styles:
    """Take the style of every excerpt.

    Where no projection is known, one is fitted, on the training split alone.
    """
    rows = {e: _statistics(sounds, e, window_seconds) for e in sounds.excerpts}
    if known is None:
        training = [rows[excerpt] for excerpt in sounds.of("train")]
        known = StyleProjection(*fit_whitening(np.concatenate(training), dimensions))
    mean, projection = known.mean, known.projection
    vectors = {e: ((row - mean) @ projection.T).astype(np.float32) for e, row in rows.items()}
    return Styles(mean, projection, vectors)


def _statistics(sounds: Sounds, excerpt: Excerpt, window_seconds: float) -> Floats:
    audio = sounds.audio(excerpt)
    length = min(len(audio), round(window_seconds * sounds.sample_rate))
    starts = np.linspace(0, len(audio) - length, WINDOWS).astype(int)
    parts = [audio, *(audio[start : start + length] for start in starts)]
    return np.stack([texture_statistics(part, sounds.sample_rate) for part in parts])
