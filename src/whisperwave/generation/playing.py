"""Playing: picks steer an instrument, which then goes on by itself for as long as it is asked."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp.shaping import hold_to_outline
from whisperwave.generation.instrument import Instrument
from whisperwave.generation.material import Material
from whisperwave.generation.outline import Outline, joined
from whisperwave.generation.priming import prime_of
from whisperwave.generation.rendering import Rendering, check_finite
from whisperwave.generation.steering import steering_of
from whisperwave.runtimes import Sampling

Floats = NDArray[np.float32]

PASSAGE_SECONDS = 0.04  # played, shaped and finished at once: a piece can be stopped so often


@dataclass(frozen=True, eq=False)
class Passage:
    """Some frames of a piece as the network gave them, ``[n * hop]``, and what it was told.

    For a model that takes no controls frames are samples, whose outline has no rows.
    """

    audio: Floats
    outline: Outline


class Player:
    """A session that was primed with the picks and is steered towards them, passage by passage.

    Args:
        instrument: what plays.
        materials: the picks.
        sampling: how the next sample is drawn.
        seed: of the piece.
    """

    def __init__(
        self, instrument: Instrument, materials: Sequence[Material], sampling: Sampling, seed: int
    ) -> None:
        rate, signature = instrument.sample_rate, instrument.file.signature
        self.sample_rate = rate
        """Of the model, in Hz."""
        port = signature.port("control")
        self.hop_length = port.rate if port else 1
        """Samples in a frame."""
        self.passage_frames = max(1, round(PASSAGE_SECONDS * rate / self.hop_length))
        self.prime = prime_of(materials, rate, signature.receptive_field, seed)
        """What the session heard before the piece, ``[T]``."""
        self.steering = steering_of(instrument, materials, self.prime, seed)
        self._runtime = instrument.runtime
        guide = self.steering.prime_guide
        self._session = self._runtime.session(guide, sampling, seed)
        self._session.prime(self.prime, guide)
        self.samples, self.seconds = 0, 0.0
        """How much the network has played, and how long that took it."""

    @property
    def samples_per_second(self) -> float:
        """The measured speed of the network alone."""
        return self.samples / max(self.seconds, 1e-9)

    def passages(self) -> Iterator[Passage]:
        """The piece from where it is, without an end. To be called once."""
        if self.steering.composition is None:
            nothing = np.empty((0, self.passage_frames), np.float32)
            while True:
                audio = self._play(self.passage_frames)
                yield Passage(audio, Outline(nothing, nothing.astype(np.float64), nothing))
        for outline in self.steering.outlines():
            told = self._runtime.guide(self.steering.style, outline.mel, outline.predicting)
            self._session.follow(told)
            for first in range(0, outline.frames, self.passage_frames):
                frames = outline.at(slice(first, first + self.passage_frames))
                yield Passage(self._play(frames.frames), frames)

    def _play(self, frames: int) -> Floats:
        audio = np.empty(frames * self.hop_length, np.float32)
        started = time.perf_counter()
        self._session.process(audio)
        self.seconds += time.perf_counter() - started
        check_finite(audio, self.samples)
        self.samples += len(audio)
        return audio


@dataclass(frozen=True)
class Played:
    """A piece at the model's rate.

    ``audio`` [T] is the piece; ``rendering`` holds the same as the network gave it, before it was
    held to its ``outline``, which is None for a model that takes no controls.
    """

    audio: Floats
    rendering: Rendering
    outline: Outline | None


def play(
    instrument: Instrument,
    materials: Sequence[Material],
    samples: int,
    sampling: Sampling,
    seed: int,
) -> Played:
    """Prime a session with the picks and let it go on in their style for ``samples`` samples.

    All of it is kept, with its outline, to be looked at: for the pieces of evaluations, not for
    long ones.
    """
    player = Player(instrument, materials, sampling, seed)
    parts, outlines = [], []
    for passage in player.passages():
        parts.append(passage.audio)
        outlines.append(passage.outline)
        if player.samples >= samples:
            break
    rendering = Rendering(np.concatenate(parts)[:samples], player.seconds)
    frames = slice(-(-samples // player.hop_length))
    outline = joined(outlines).at(frames) if player.steering.composition else None
    return Played(held(instrument, rendering.audio, outline), rendering, outline)


def held(instrument: Instrument, audio: Floats, outline: Outline | None) -> Floats:
    """A sound at the model's rate, held to an outline such as the model takes, if there is one."""
    port = instrument.file.signature.port("control")
    if port is None or outline is None:
        return audio
    return hold_to_outline(audio, outline.mel, instrument.sample_rate, port.rate)
