"""Steering: what a model is told of the piece that it is to play."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp.prediction import WINDOW_SECONDS
from whisperwave.generation.composing import compose_outline
from whisperwave.generation.instrument import Instrument
from whisperwave.generation.material import Material
from whisperwave.generation.outline import Outline, outline_of
from whisperwave.generation.style import style_of_picks
from whisperwave.generation.widening import BANDS
from whisperwave.runtimes import Guide

Floats = NDArray[np.float32]


SILENT_SECONDS = WINDOW_SECONDS / 2.0  # of the longest window that an outline is taken with


@dataclass(frozen=True)
class Steering:
    """The style of a piece, and what the model is told during the prime and after it.

    ``style`` and ``outline`` are None for a model that takes none.
    """

    style: Floats | None
    outline: Outline | None
    prime_guide: Guide
    guide: Guide


def steering_of(
    instrument: Instrument,
    materials: Sequence[Material],
    prime: Floats,
    samples: int,
    seed: int,
) -> Steering:
    """Steer ``samples`` samples after ``prime`` towards the picks, by all that the model takes."""
    rate, runtime, signature = instrument.sample_rate, instrument.runtime, instrument.file.signature
    port = signature.port("control")
    style = style_of_picks(materials, instrument.file)
    if port is None:
        guide = runtime.guide(style)
        return Steering(style, None, guide, guide)
    before = outline_of(prime, signature)
    frames = -(-samples // port.rate)
    # Around the prime lies silence, which the windows of its last frames already hear.
    whole = before.at(slice(max(1, before.frames - round(SILENT_SECONDS * rate / port.rate))))
    if materials[0].wide is not None:  # the piece does not begin with the prime: any width will do
        whole = replace(whole, wide=np.zeros((2 * BANDS, whole.frames), np.float32))
    outline = compose_outline(materials, frames, signature, whole, seed)
    guides = (runtime.guide(style, each.mel, each.predicting) for each in (before, outline))
    return Steering(style, outline, *guides)
