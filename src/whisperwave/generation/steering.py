"""Steering: what a model is told of the piece that it is to play."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp.prediction import WINDOW_SECONDS
from whisperwave.generation.composing import Composition, VoiceState
from whisperwave.generation.instrument import Instrument
from whisperwave.generation.material import Material
from whisperwave.generation.outline import Outline, outline_of
from whisperwave.generation.style import style_of_picks
from whisperwave.generation.widening import BANDS
from whisperwave.runtimes import Guide

Floats = NDArray[np.float32]

SILENT_SECONDS = WINDOW_SECONDS / 2.0  # of the longest window that an outline is taken with
SPAN_FRAMES = 64  # composed, and made into predictors, at once


@dataclass(frozen=True)
class Steering:
    """The style of a piece, and what the model is told during the prime and after it.

    ``style`` is None for a model that takes none; ``composition``, which begins in the state
    ``beginning``, for one that takes no controls and is told ``prime_guide`` as long as it plays.
    """

    style: Floats | None
    prime_guide: Guide
    composition: Composition | None = None
    beginning: tuple[VoiceState, ...] = ()

    def outlines(self) -> Iterator[Outline]:
        """The outline of the piece, `SPAN_FRAMES` at a time, without an end; from its beginning."""
        state = self.beginning
        while self.composition is not None:
            outline, state = self.composition.step(SPAN_FRAMES, state)
            yield outline


def steering_of(
    instrument: Instrument, materials: Sequence[Material], prime: Floats, seed: int
) -> Steering:
    """Steer what comes after ``prime`` towards the picks, by all that the model takes."""
    rate, runtime, signature = instrument.sample_rate, instrument.runtime, instrument.file.signature
    port = signature.port("control")
    style = style_of_picks(materials, instrument.file)
    if port is None:
        return Steering(style, runtime.guide(style))
    before = outline_of(prime, signature)
    # Around the prime lies silence, which the windows of its last frames already hear.
    whole = before.at(slice(max(1, before.frames - round(SILENT_SECONDS * rate / port.rate))))
    if materials[0].wide is not None:  # the piece does not begin with the prime: any width will do
        whole = replace(whole, wide=np.zeros((2 * BANDS, whole.frames), np.float32))
    composition = Composition(materials, signature, seed)
    prime_guide = runtime.guide(style, before.mel, before.predicting)
    return Steering(style, prime_guide, composition, composition.start(whole))
