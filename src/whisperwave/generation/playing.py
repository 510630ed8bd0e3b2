"""Playing: picks steer an instrument, which then goes on by itself."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp.shaping import hold_to_outline
from whisperwave.generation.instrument import Instrument
from whisperwave.generation.material import Material
from whisperwave.generation.outline import Outline
from whisperwave.generation.priming import prime_of
from whisperwave.generation.rendering import Progress, Rendering, render, silent
from whisperwave.generation.steering import Steering, steering_of
from whisperwave.generation.style import style_distance, style_of
from whisperwave.generation.widening import widened
from whisperwave.runtimes import Sampling

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Played:
    """A piece at the model's rate, the prime before it, and how near it is to what was asked for.

    ``audio`` [T] is the piece; ``rendering`` holds the same as the network gave it, before it was
    held to its ``outline``. ``outline`` and ``style_distance`` are None for a model that
    takes no controls, or no style.
    """

    audio: Floats
    rendering: Rendering
    prime: Floats
    outline: Outline | None
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
    rate = instrument.sample_rate
    prime = prime_of(materials, rate, instrument.file.signature.receptive_field, seed)
    steering = steering_of(instrument, materials, prime, samples, seed)
    session = instrument.runtime.session(steering.guide, sampling, seed)
    session.prime(prime, steering.prime_guide)
    rendering = render(session, samples, rate, progress)
    audio = held(instrument, rendering.audio, steering.outline)
    distance = _distance(instrument, steering, audio)
    return Played(audio, rendering, prime, steering.outline, distance)


def widen(instrument: Instrument, played: Played, seed: int) -> Floats:
    """A piece in two channels, ``[2, TIMES * T]``, as wide and bright as its picks."""
    port = instrument.file.signature.port("control")
    if port is None or played.outline is None:
        raise ValueError("a model that takes no controls has no outline to widen by")
    return widened(played.audio, played.outline.wide, instrument.sample_rate, port.rate, seed)


def held(instrument: Instrument, audio: Floats, outline: Outline | None) -> Floats:
    """A sound at the model's rate, held to an outline such as the model takes, if there is one."""
    port = instrument.file.signature.port("control")
    if port is None or outline is None:
        return audio
    return hold_to_outline(audio, outline.mel, instrument.sample_rate, port.rate)


def _distance(instrument: Instrument, steering: Steering, audio: Floats) -> float | None:
    projection = instrument.file.style
    if projection is None or steering.style is None:
        return None
    return style_distance(steering.style, style_of(audio, instrument.sample_rate, projection))
