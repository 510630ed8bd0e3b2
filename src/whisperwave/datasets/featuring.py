"""Features of a prepared set: by frame on one grid, or a few rows that sum an excerpt up."""

import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whisperwave import registry
from whisperwave.datasets.conforming import Part
from whisperwave.datasets.recipe import Recipe
from whisperwave.dsp.features import texture
from whisperwave.dsp.framing import FrameExtractor
from whisperwave.errors import ConfigError

FORM = 2  # of what is computed; when an extractor changes, so does this
SUMMARIES = {"texture": texture.STATISTICS}
ROWS = 1 + texture.EXCERPTS  # of a summary: the whole excerpt, and parts of it


def frame_features() -> tuple[str, ...]:
    """The names of the features that come frame by frame."""
    room = "dsp.features"
    return tuple(n for n in registry.names(room) if hasattr(registry.find(room, n), "extractor"))


def check(recipe: Recipe) -> None:
    """Refuse a feature that there is none of, or that the recipe's rate is too low for.

    Raises:
        ConfigError: ``UNKNOWN_NAME``, or the extractor's own.
    """
    known = (*frame_features(), *SUMMARIES)
    for name in recipe.features:
        if name not in known:
            raise ConfigError(
                "UNKNOWN_NAME", f"There is no feature {name!r}.", f"Use {', '.join(known)}."
            )
        rows(name, [np.zeros((1, 1), np.float32)], recipe)


def names(name: str, recipe: Recipe) -> list[str]:
    """What the columns of a feature are called; a summary has only numbers."""
    if name in SUMMARIES:
        return [f"{name}_{number}" for number in range(SUMMARIES[name])]
    return list(_extractor(name, recipe.sample_rate, recipe.frame_hop).names)


def length(name: str, parts: Sequence[Part], recipe: Recipe) -> int:
    """How many rows a feature has of some excerpts."""
    if name in SUMMARIES:
        return len(parts) * ROWS
    return sum(1 + (part.stop - part.start) // recipe.frame_hop for part in parts)


def rows(name: str, sounds: Sequence[NDArray[np.float32]], recipe: Recipe) -> NDArray[np.float32]:
    """A feature of some sounds ``[C, T]``, each by itself, one after the other: ``[F, K]``.

    Channels are heard as their mean.
    """
    mono = [sound.mean(axis=0) for sound in sounds]
    if name in SUMMARIES:
        seconds = texture.EXCERPT_SECONDS
        return np.concatenate(
            [texture.texture_excerpts(m, recipe.sample_rate, seconds) for m in mono]
        )
    extractor = _extractor(name, recipe.sample_rate, recipe.frame_hop)
    return np.concatenate([extractor(sound).T for sound in mono])


def keys(recipe: Recipe, excerpts: Sequence[tuple[Any, Part]]) -> dict[str, str]:
    """For each feature, a digest of all that shapes it beside the sound itself."""
    edges = [(part.start, part.stop) for _, part in excerpts]
    shaping = [FORM, recipe.sample_rate, recipe.frame_hop, edges]
    return {
        name: hashlib.sha256(json.dumps([name, *shaping]).encode()).hexdigest()[:16]
        for name in recipe.features
    }


@lru_cache(maxsize=32)
def _extractor(name: str, sample_rate: int, hop_length: int) -> FrameExtractor:
    made: FrameExtractor = registry.find("dsp.features", name).extractor(sample_rate, hop_length)
    return made
