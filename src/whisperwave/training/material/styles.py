"""Style vectors of the training sounds: what the network is told a crop sounds like.

A style is the texture of the sound itself, or the name of the class (the folder) that it is from.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from whisperwave.datasets import Excerpt, Sounds
from whisperwave.dsp.features.texture import texture_statistics
from whisperwave.dsp.whitening import fit_whitening
from whisperwave.errors import ConfigError
from whisperwave.modelfile import StyleProjection
from whisperwave.training.settings.run import STYLE_NUMBERS, RunSettings

TEXTURE_NUMBERS = 32

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

    def of(self, mono: Floats, sample_rate: int) -> Floats:
        """The style of a sound ``[T]`` that is no excerpt, ``[G]``; only of textures."""
        if self.projection is None:
            raise AssertionError("a sound alone does not tell its class")
        return projected(texture_statistics(mono, sample_rate), self.projection)


def settled(
    settings: RunSettings, sounds: Sounds, known: StyleProjection | None = None
) -> RunSettings:
    """The settings with the numbers of a style counted, where they leave that open (null).

    There are as many as classes, or of a texture as many as a known projection has.

    Raises:
        ConfigError: ``BAD_SETTINGS``, the number that they give is another.
    """
    asked = settings.model.get(STYLE_NUMBERS, 0)
    if settings.data.style == "classes":
        _check_classes(asked, class_names(sounds))
        fit = len(class_names(sounds))
    else:
        fit = len(known.projection) if known else TEXTURE_NUMBERS
        if known and asked not in (None, 0, fit):
            raise ConfigError(
                "BAD_SETTINGS",
                f"model.{STYLE_NUMBERS}={asked}, but a style of the model to begin with has {fit}.",
                f"Use model.{STYLE_NUMBERS}=null, which is as many.",
            )
    if asked is not None:
        return settings
    return replace(settings, model=settings.model | {STYLE_NUMBERS: fit})


def class_names(sounds: Sounds) -> tuple[str, ...]:
    """The classes of the sounds, in the order of their places in a style."""
    return tuple(sorted({excerpt.group for excerpt in sounds.excerpts}))


def _check_classes(asked: int | None, classes: tuple[str, ...]) -> None:
    if asked is not None and asked != len(classes):
        raise ConfigError(
            "BAD_SETTINGS",
            f"model.{STYLE_NUMBERS}={asked}, but there are {len(classes)} classes: "
            f"{', '.join(classes[:8])}{' …' if len(classes) > 8 else ''}.",
            f"Use model.{STYLE_NUMBERS}=null, which is as many as there are, or one sub-folder a "
            "class.",
        )


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
    return Styles({e: projected(row, known) for e, row in rows.items()}, projection=known)


def projected(statistics: Floats, projection: StyleProjection) -> Floats:
    """The style vectors ``[..., G]`` of texture statistics ``[..., N]``."""
    whitened = (statistics - projection.mean) @ projection.projection.T
    return np.asarray(whitened, np.float32)


def classify(sounds: Sounds) -> Styles:
    """Take the class of every excerpt, in the order of the names."""
    classes = class_names(sounds)
    one_hot = np.eye(len(classes), dtype=np.float32)
    vectors = {e: one_hot[[classes.index(e.group)]] for e in sounds.excerpts}
    return Styles(vectors, classes=classes)
