"""Style vectors of the training sounds: what the network is told a crop sounds like.

A style is the texture of the sound itself, or the name of the class (the folder) that it is from.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whisperwave.datasets import Excerpt, Sounds
from whisperwave.dsp.whitening import fit_whitening
from whisperwave.errors import ConfigError
from whisperwave.modelfile import StyleProjection

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Styles:
    """The style vectors of every excerpt, ``vectors[excerpt] = [W, G]``.

    Either ``projection`` turns texture statistics into a style vector, of the whole excerpt and of
    some windows of it; or the one vector of an excerpt is 1 at the place of its class in
    ``classes``.
    """

    vectors: dict[Excerpt, Floats]
    projection: StyleProjection | None = None
    classes: tuple[str, ...] = ()


def describe(
    sounds: Sounds, dimensions: int, window_seconds: float, known: StyleProjection | None = None
) -> Styles:
    """Take the style of every excerpt.

    Where no projection is known, one is fitted, on the training split alone.
    """
    rows = {e: sounds.textures(e, window_seconds) for e in sounds.excerpts}
    if known is None:
        training = [rows[excerpt] for excerpt in sounds.of("train")]
        known = StyleProjection(*fit_whitening(np.concatenate(training), dimensions))
    mean, projection = known.mean, known.projection
    vectors = {e: ((row - mean) @ projection.T).astype(np.float32) for e, row in rows.items()}
    return Styles(vectors, projection=known)


def classify(sounds: Sounds, dimensions: int) -> Styles:
    """Take the class of every excerpt, in the order of the names.

    Raises:
        ConfigError: ``BAD_SETTINGS``, there is not one class for each of the ``dimensions``.
    """
    classes = tuple(sorted({excerpt.group for excerpt in sounds.excerpts}))
    if len(classes) != dimensions:
        raise ConfigError(
            "BAD_SETTINGS",
            f"model.conditioning_channels={dimensions}, but there are {len(classes)} classes: "
            f"{', '.join(classes[:8])}{' …' if len(classes) > 8 else ''}.",
            f"Use model.conditioning_channels={len(classes)}, or one sub-folder a class.",
        )
    one_hot = np.eye(dimensions, dtype=np.float32)
    vectors = {e: one_hot[[classes.index(e.group)]] for e in sounds.excerpts}
    return Styles(vectors, classes=classes)
