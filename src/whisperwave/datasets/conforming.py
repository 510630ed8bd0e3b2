"""One sound file as a prepared set has it: its channels, rate, silence and level, in 16 bits.

Parts on both sides of a silence that was cut out are never joined to one: each stays a part of its
own, so that no training window crosses the cut.
"""

from dataclasses import dataclass
from math import log10

import numpy as np
from numpy.typing import NDArray

from whisperwave.datasets.levelling import FULL_SCALE, gain_to, without_dc
from whisperwave.datasets.recipe import Recipe, Source
from whisperwave.datasets.trimming import heard_part, heard_parts
from whisperwave.dsp.resampling import resample
from whisperwave.errors import AudioError
from whisperwave.library import Audio

_CLIPPED = 0.9999  # of full scale: what 16 bits can hold no more than


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
    seconds: float
    dropped_seconds: float
    notes: tuple[str, ...]


def conform(audio: Audio, source: Source, recipe: Recipe, first_seconds: float | None) -> Conformed:
    """Bring a decoded file to the form that the recipe asks for.

    Args:
        audio: the whole file.
        source: says what to do with its silence.
        recipe: says the rate, the channels and the level.
        first_seconds: only the beginning, for so long; None takes all.

    Raises:
        AudioError: ``SILENT``, or ``TOO_SHORT`` for less than one sample at the new rate.
    """
    samples, notes = audio.samples, list(audio.notes)
    if first_seconds is not None:
        samples = samples[:, : max(1, round(first_seconds * audio.sample_rate))]
    peak, clipped = peak_and_clipped(samples)
    if peak == 0.0:
        raise AudioError("SILENT", "Every sample is zero.", "There is nothing to learn from it.")
    mixed = _mixed(samples, recipe.channels, notes)
    whole = np.atleast_2d(resample(mixed, audio.sample_rate, recipe.sample_rate))
    if whole.shape[-1] == 0:
        raise AudioError("TOO_SHORT", "It is shorter than one sample.", "Give a longer sound.")
    slices = _kept(whole, source, recipe.sample_rate)
    kept = without_dc(np.concatenate([whole[:, part] for part in slices], axis=1))
    gain = gain_to(kept, recipe.level, recipe.sample_rate)
    return Conformed(
        frames=np.ascontiguousarray(np.rint(kept.T * (gain * FULL_SCALE)), np.int16),
        parts=_parts(slices),
        gain_db=20.0 * log10(gain),
        peak=peak,
        clipped=clipped,
        seconds=audio.seconds,
        dropped_seconds=(whole.shape[1] - kept.shape[1]) / recipe.sample_rate,
        notes=tuple(notes),
    )


def peak_and_clipped(samples: NDArray[np.floating]) -> tuple[float, float]:
    """The highest sample of a sound ``[..., T]``, and the share of its samples at full scale."""
    peak = max(float(samples.max(initial=0.0)), -float(samples.min(initial=0.0)))
    return peak, float(np.mean(np.abs(samples) >= _CLIPPED)) if peak >= _CLIPPED else 0.0


def _mixed(samples: NDArray[np.float32], channels: int, notes: list[str]) -> NDArray[np.float32]:
    """The mean of all channels ``[T]``, or two ``[2, T]``."""
    have = len(samples)
    if channels == 1:
        return np.asarray(samples.mean(axis=0), np.float32)
    if have > channels:
        notes.append(f"CHANNELS: the first two of {have} were kept.")
    return np.asarray(samples[:2] if have > 1 else np.repeat(samples, 2, axis=0))


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
