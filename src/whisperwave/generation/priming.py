"""The prime: a second of the picks themselves, which a model hears before it begins.

As in the first WhisperWave, each pick gives its own slice and the slices follow each other in the
order of the picks. Unlike there, slices are long enough to matter, proportional to the weights,
taken where the clip is lively, and joined without a click. The style vector carries the style
through the rest of the piece, long after the prime has left the receptive field.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from whisperwave.generation.draws import PRIME, uniforms
from whisperwave.generation.material import Material

Floats = NDArray[np.float32]

LEAST_SECONDS = 1.0
JOIN_SECONDS = 0.01
_HOPS = 8  # candidate slices start every eighth of a slice


def prime_of(
    materials: Sequence[Material], sample_rate: int, receptive_field: int, seed: int
) -> Floats:
    """Join one slice of every pick, ``[T]`` with T at least the receptive field and one second."""
    join = round(JOIN_SECONDS * sample_rate)
    length = max(receptive_field, round(LEAST_SECONDS * sample_rate))
    draws = uniforms(seed, PRIME, len(materials))
    slices = [
        lively_slice(each.audio, max(1, round(each.share * length)) + join, draw)
        for each, draw in zip(materials, draws, strict=True)
    ]
    return cross_faded(slices, join)


def in_channels(audio: Floats, channels: int) -> Floats:
    """A sound ``[T]`` as a model of so many channels hears it: of several the same in each."""
    return np.tile(audio, (channels, 1)) if channels > 1 else audio


def lively_slice(audio: Floats, length: int, draw: float) -> Floats:
    """One of the louder half of the slices of ``audio``; ``draw`` in [0, 1) says which."""
    audio = np.tile(audio, -(-length // len(audio)))
    starts = np.arange(0, len(audio) - length + 1, max(1, length // _HOPS))
    energy = np.concatenate([[0.0], np.cumsum(np.square(audio, dtype=np.float64))])
    loudest_first = starts[np.argsort(energy[starts] - energy[starts + length], kind="stable")]
    start = loudest_first[int(draw * -(-len(starts) // 2))]
    return audio[start : start + length]


def cross_faded(slices: Sequence[Floats], join: int) -> Floats:
    """Overlap-add the slices, ``join`` samples of each fading into the next."""
    rise = (np.arange(join, dtype=np.float32) + 0.5) / max(join, 1)
    joined = slices[0]
    for each in slices[1:]:
        overlap = min(join, len(joined), len(each))
        fade = rise[:overlap]
        seam = joined[len(joined) - overlap :] * fade[::-1] + each[:overlap] * fade
        joined = np.concatenate([joined[: len(joined) - overlap], seam, each[overlap:]])
    return joined
