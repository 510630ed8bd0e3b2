"""The style vector: what a piece should be like, in at most 64 numbers."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp.features.texture import TextureStatistics, texture_statistics
from whisperwave.errors import EngineError
from whisperwave.generation.material import Material
from whisperwave.modelfile import ModelFile, StyleProjection

Floats = NDArray[np.float32]

# Matrix products differ in the last bits between processors; a style on this grid does not, and the
# same seed goes on giving the same file.
_GRID = 2.0**-12


def style_of(audio: Floats, sample_rate: int, projection: StyleProjection) -> Floats:
    """The style vector of one sound ``[T]``, shape ``[k]``."""
    return _projected(texture_statistics(audio, sample_rate), projection)


def _projected(statistics: Floats, projection: StyleProjection) -> Floats:
    style = projection.projection @ (statistics - projection.mean)
    return np.asarray(np.round(style / _GRID) * _GRID, dtype=np.float32)


class StyleMeter:
    """How far a sound that comes block by block is from a style.

    Args:
        projection: of the model; None if it has none.
        style: what was asked for; None for a model that takes none.
        sample_rate: of the sound, in Hz.
        samples: how many are heard; what comes after is not.
    """

    def __init__(
        self,
        projection: StyleProjection | None,
        style: Floats | None,
        sample_rate: int,
        samples: int,
    ) -> None:
        self._projection, self._style, self._missing = projection, style, samples
        wanted = projection is not None and style is not None
        self._statistics = TextureStatistics(sample_rate) if wanted else None

    def update(self, block: Floats) -> None:
        """Take the next samples ``[n]``."""
        if self._statistics and self._missing > 0:
            self._statistics.update(block[: self._missing])
            self._missing -= len(block)

    def finish(self) -> float | None:
        """The `style_distance` of all that was heard; None for a model without a style."""
        if self._statistics is None or self._projection is None or self._style is None:
            return None
        return style_distance(self._style, _projected(self._statistics.finish(), self._projection))


def style_of_picks(materials: Sequence[Material], model: ModelFile) -> Floats | None:
    """The weighted mean of the picks' style vectors: one vector for the whole piece.

    For a model of classes each vector is 1 at the name of the pick's kind. None for a model that
    takes no style.

    Raises:
        EngineError: ``UNKNOWN_CLASS``, a pick is of a kind that the model was not trained on.
    """
    rate, projection = model.signature.sample_rate, model.style
    classes = model.features.get("style", {}).get("classes")
    if classes:
        vectors = [_one_hot(each, classes) for each in materials]
    elif projection is not None:
        vectors = [style_of(each.audio, rate, projection) for each in materials]
    else:
        return None
    shares = [each.share for each in materials]
    return np.average(vectors, axis=0, weights=shares).astype(np.float32)


def _one_hot(material: Material, classes: Sequence[str]) -> Floats:
    if material.style not in classes:
        raise EngineError(
            "UNKNOWN_CLASS",
            f"clip {material.pick.number} is of the kind {material.style!r}.",
            f"This model knows {', '.join(classes)}.",
        )
    return np.asarray([name == material.style for name in classes], np.float32)


def style_distance(one: Floats, other: Floats) -> float:
    """How far apart two style vectors are: root mean square over their components.

    A projection whitens, so 1.0 is about one standard deviation of the sounds it was fitted on.
    """
    return float(np.sqrt(np.mean((one - other) ** 2)))
