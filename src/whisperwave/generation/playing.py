"""Playing: an instrument is steered, and then goes on by itself for as long as it is asked."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp.shaping import hold_to_outline
from whisperwave.generation.instrument import Instrument
from whisperwave.generation.material import Material
from whisperwave.generation.opening import Opening, opening_of
from whisperwave.generation.outline import Outline, joined
from whisperwave.generation.rendering import Rendering, check_finite
from whisperwave.runtimes import Sampling, Session

Floats = NDArray[np.float32]

PASSAGE_SECONDS = 0.04  # played, shaped and finished at once: a piece can be stopped so often


@dataclass(frozen=True, eq=False)
class Passage:
    """Some frames of a piece as the network gave them, and what it was told.

    ``audio`` is ``[n * hop]``, or ``[C, n * hop]`` of a network of several channels.

    For a model that takes no controls frames are samples, whose outline has no rows.
    """

    audio: Floats
    outline: Outline


class Player:
    """A session that was primed and is steered, passage by passage.

    Args:
        instrument: what plays.
        opening: what it hears first and is steered by.
        sampling: how the next sample is drawn.
        seed: of the piece.
    """

    def __init__(
        self, instrument: Instrument, opening: Opening, sampling: Sampling, seed: int
    ) -> None:
        rate, signature = instrument.sample_rate, instrument.file.signature
        self.sample_rate = rate
        """Of the model, in Hz."""
        port = signature.port("control")
        self.hop_length = port.rate if port else 1
        """Samples in a frame."""
        self.passage_frames = max(1, round(PASSAGE_SECONDS * rate / self.hop_length))
        self.prime = opening.prime
        """What the session heard before the piece, ``[T]`` or ``[C, T]``."""
        self.steering = opening.steering
        self.runtime = instrument.runtime
        guide = self.steering.prime_guide
        self.session: Session = self.runtime.session(guide, sampling, seed)
        self.session.prime(self.prime, guide)
        self.samples, self.seconds = 0, 0.0
        """How much the network has played, and how long that took it."""

    @property
    def samples_per_second(self) -> float:
        """The measured speed of the network alone."""
        return self.samples / max(self.seconds, 1e-9)

    def passages(self) -> Iterator[Passage]:
        """The piece from where it is, without an end. To be called once."""
        for passage in self.awaited():
            started = time.perf_counter()
            self.session.process(passage.audio)
            self.note_played(passage, time.perf_counter() - started)
            yield passage

    def awaited(self) -> Iterator[Passage]:
        """The passages of the piece before they are played, without an end. To be called once.

        The session is told what belongs to each; it is to fill the passage's audio, and that to be
        noted, before the next is asked for.
        """
        if self.steering.composition is None:
            nothing = np.empty((0, self.passage_frames), np.float32)
            untold = Outline(nothing, nothing.astype(np.float64), nothing)
            while True:
                yield self._unplayed(untold)
        for outline in self.steering.outlines():
            told = self.runtime.guide(self.steering.style, outline.mel, outline.predicting)
            self.session.follow(told)
            for first in range(0, outline.frames, self.passage_frames):
                yield self._unplayed(outline.at(slice(first, first + self.passage_frames)))

    def note_played(self, passage: Passage, seconds: float) -> None:
        """Take a passage as played, in so many seconds of work.

        Raises:
            EngineError: ``NOT_FINITE``.
        """
        self.seconds += seconds
        check_finite(passage.audio, self.samples)
        self.samples += passage.audio.shape[-1]

    def _unplayed(self, outline: Outline) -> Passage:
        several = (self.session.channels,) if self.session.channels > 1 else ()
        shape = (*several, outline.frames * self.hop_length)
        return Passage(np.empty(shape, np.float32), outline)


def mixed_down(audio: Floats) -> Floats:
    """A sound ``[T]``; of several channels ``[C, T]`` their mean."""
    return audio if audio.ndim == 1 else audio.mean(axis=0)


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
    player = Player(instrument, opening_of(instrument, materials, seed), sampling, seed)
    parts, outlines = [], []
    for passage in player.passages():
        parts.append(mixed_down(passage.audio))
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
