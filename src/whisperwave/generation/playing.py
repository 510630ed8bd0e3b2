"""Playing: picks steer an instrument, which then goes on by itself."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whisperwave.generation.instrument import Instrument
from whisperwave.generation.material import Material
from whisperwave.generation.priming import prime_of
from whisperwave.generation.rendering import Progress, Rendering, render, silent
from whisperwave.generation.style import style_distance, style_of, style_of_picks
from whisperwave.runtimes import Sampling

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Played:
    """What the model made, the prime before it, and how near its style is to the one asked for.

    ``style_distance`` is None for a model that takes no style.
    """

    rendering: Rendering
    prime: Floats
    style_distance: float | None


def play(
    instrument: Instrument,
    materials: Sequence[Material],
    samples: int,
    sampling: Sampling,
    seed: int,
    progress: Progress = silent,
) -> Played:
    """Prime a session with the picks and let it go on in their style for ``samples`` samples."""
    rate, projection = instrument.sample_rate, instrument.file.style
    style = None if projection is None else style_of_picks(materials, rate, projection)
    prime = prime_of(materials, rate, instrument.file.signature.receptive_field, seed)
    session = instrument.runtime.session(style, sampling, seed)
    session.prime(prime)
    rendering = render(session, samples, rate, progress)
    if projection is None or style is None:
        return Played(rendering, prime, None)
    reached = style_of(rendering.audio, rate, projection)
    return Played(rendering, prime, style_distance(style, reached))
