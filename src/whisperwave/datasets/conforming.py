"""One sound file as a prepared set has it: its channels, rate, silence and level, in 16 bits.

Parts on both sides of a silence that was cut out are never joined to one: each stays a part of its
own, so that no training window crosses the cut.
"""

from dataclasses import dataclass
from math import log10

import numpy as np
from numpy.typing import NDArray

from whisperwave.datasets.intake import Intake
from whisperwave.datasets.levelling import FULL_SCALE, gain_to, without_dc
from whisperwave.datasets.recipe import Recipe, Source
from whisperwave.datasets.trimming import heard_part, heard_parts


@dataclass(frozen=True)
class Part:
    """Frames ``start`` to ``stop`` of an item; in its file the first one was ``source_start``.

    All three count at the set's sample rate.
    """

    start: int
    stop: int
    source_start: int


@dataclass(frozen=True)
class Conformed:
    """A sound ready to be stored: ``frames`` int16 ``[T, C]`` of all parts, one after the other.

    ``gain_db`` is what levelling did, ``peak`` and ``clipped`` (a share of all samples) are of the
    file before that.
    """

    frames: NDArray[np.int16]
    parts: tuple[Part, ...]
    gain_db: float
    peak: float
    clipped: float
    dropped_seconds: float
    notes: tuple[str, ...]


def conform(intake: Intake, source: Source, recipe: Recipe) -> Conformed:
    """Bring a sound that was taken in to the form that the recipe asks for.

    Args:
        intake: has heard all of it.
        source: says what to do with its silence.
        recipe: says the level, and the rate and the channels that it was taken in at.

    Raises:
        AudioError: ``SILENT`` or ``TOO_SHORT``.
    """
    whole = intake.finish()
    slices = _kept(whole, source, recipe.sample_rate)
    parts = [whole[:, part] for part in slices]
    kept = without_dc(parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1))
    gain = gain_to(kept, recipe.level, recipe.sample_rate)
    kept *= gain * FULL_SCALE
    np.rint(kept, out=kept)
    return Conformed(
        frames=np.ascontiguousarray(kept.T, np.int16),
        parts=_parts(slices),
        gain_db=20.0 * log10(gain),
        peak=intake.peak,
        clipped=intake.clipped,
        dropped_seconds=(whole.shape[1] - kept.shape[1]) / recipe.sample_rate,
        notes=tuple(intake.notes),
    )


def _kept(whole: NDArray[np.float32], source: Source, sample_rate: int) -> list[slice]:
    if source.silence == "split":
        return heard_parts(whole, sample_rate, source.below_db, source.gap_seconds)
    below_db = source.below_db if source.silence == "trim" else None
    return [heard_part(whole, sample_rate, below_db)]


def _parts(slices: list[slice]) -> tuple[Part, ...]:
    stops = np.cumsum([part.stop - part.start for part in slices]).tolist()
    return tuple(
        Part(stop - (part.stop - part.start), stop, part.start)
        for part, stop in zip(slices, stops, strict=True)
    )
