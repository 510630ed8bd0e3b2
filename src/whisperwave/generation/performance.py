"""A performance: a piece without an end, made block by block in memory that does not grow.

One stage after the other: the composition is told to the network, which plays; the sound is held to
its outline, made wide, and kept from rising suddenly. All of them run on a grid that the model's
frames set, so the same seed gives the same sound however it is asked for.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from itertools import islice, takewhile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whisperwave import __version__
from whisperwave.dsp.blocks import made_ahead, recut, without_first
from whisperwave.dsp.fir import delayed
from whisperwave.dsp.shaping import Hold
from whisperwave.generation.guard import RiseGuard
from whisperwave.generation.instrument import THREADS, Instrument, ready
from whisperwave.generation.level import MelLevel, expected_lufs
from whisperwave.generation.material import gather
from whisperwave.generation.opening import Opening, opening_of, opening_of_class
from whisperwave.generation.picks import ClassName, Picks
from whisperwave.generation.playing import Passage, Player, mixed_down
from whisperwave.generation.request import Programme
from whisperwave.generation.result import Recipe
from whisperwave.generation.steering import SPAN_FRAMES
from whisperwave.generation.widening import BANDS, TIMES, Widener
from whisperwave.library import Clips
from whisperwave.runtimes import Sampling

Floats = NDArray[np.float32]

REHEARSED_SECONDS = 60.0  # of the outline, to know how loud the piece will be
AHEAD_PASSAGES = 4  # that the network may have played before they are shaped
_GUARD_SECONDS = 0.01


def _unheard(_audio: Floats) -> None:
    """Nobody listens to the narrow sound."""


def _always() -> bool:
    """Nobody stops it."""
    return True


class Performance:
    """One piece, from its first sample on.

    Args:
        instrument: what plays.
        opening: what it hears first and is steered by.
        sampling: how the next sample is drawn.
        seed: of the piece.
        wide: in two channels at `TIMES` the model's rate; for an opening whose outline is wide.
    """

    def __init__(
        self,
        instrument: Instrument,
        opening: Opening,
        sampling: Sampling,
        seed: int,
        *,
        wide: bool,
    ) -> None:
        self.player = Player(instrument, opening, sampling, seed)
        self.is_wide, self._times = wide, TIMES if wide else 1
        self.channels = 2 if wide else self.player.session.channels
        self.sample_rate = instrument.sample_rate * self._times
        self._low_rate, self._seed = instrument.sample_rate, seed
        self.expected_lufs = self._rehearsed(opening)
        """The integrated loudness that the piece will have, or nearly."""

    def blocks(
        self,
        hear: Callable[[Floats], None] = _unheard,
        going: Callable[[], bool] = _always,
        passages: Iterator[Passage] | None = None,
    ) -> Iterator[Floats]:
        """The piece ``[C, n]``, in blocks of some hundredths of a second, without an end.

        To be called once.

        Args:
            hear: is given what was played and held to its outline, ``[n]`` at the model's rate;
                of several channels the mean.
            going: is asked before each passage whether the piece goes on; what is still on its way
                through the stages is lost.
            passages: of its player, where somebody else has it play; None has another thread let it
                play a few ahead.
        """
        played = passages or made_ahead(self.player.passages(), AHEAD_PASSAGES)
        held = _overheard(self._held(takewhile(lambda _: going(), played)), hear)
        made = self._widened(held) if self.is_wide else (np.atleast_2d(audio) for audio, _ in held)
        block = self.player.passage_frames * self.player.hop_length * self._times
        frame = _divisor(block, _GUARD_SECONDS * self.sample_rate)
        guard = RiseGuard(self.sample_rate, frame, self.expected_lufs)
        whole = takewhile(lambda part: part.shape[1] == block, recut(made, block))
        return without_first(_guarded(whole, guard, self.channels), guard.latency)

    def _held(self, passages: Iterator[Passage]) -> Iterator[tuple[Floats, Floats]]:
        """What was played, held to its outline, with the wide outline of the same frames."""
        if self.player.steering.composition is None:
            return ((passage.audio, passage.outline.wide) for passage in passages)
        return self._held_to_outline(passages)

    def _held_to_outline(self, passages: Iterator[Passage]) -> Iterator[tuple[Floats, Floats]]:
        hop, shape = self.player.hop_length, self.player.steering.beginning[0].before
        hold = Hold(self._low_rate, hop, len(shape.mel))
        state, late = hold.start(), hold.latency
        waiting = np.zeros((len(shape.wide), late), np.float32)
        for passage in passages:
            audio, state = hold.step(passage.audio, passage.outline.mel, state)
            wide, waiting = delayed(waiting, passage.outline.wide)
            before = min(late, wide.shape[1])
            late -= before
            if before < wide.shape[1]:
                yield audio[before * hop :], wide[:, before:]

    def _widened(self, held: Iterator[tuple[Floats, Floats]]) -> Iterator[Floats]:
        hop = self.player.hop_length
        widener = Widener(self._low_rate, hop, self._seed)

        def stepped() -> Iterator[Floats]:
            state = widener.start()
            for audio, outline in held:
                out, state = widener.step(audio, outline, state)
                yield out

        return without_first(stepped(), widener.latency * hop * TIMES)

    def _rehearsed(self, opening: Opening) -> float:
        """The loudness of the first minute of the outline."""
        player = self.player
        if player.steering.composition is None:
            return opening.loudness_lufs
        frame_seconds = player.hop_length / self._low_rate
        spans = -(-REHEARSED_SECONDS // (SPAN_FRAMES * frame_seconds))
        outlines = islice(player.steering.outlines(), int(spans))
        if self.is_wide:
            level = MelLevel(self.sample_rate, BANDS)
            powers = (level.power_of_both(each.wide) for each in outlines)
        else:
            bands = len(player.steering.beginning[0].before.mel)
            level = MelLevel(self.sample_rate, bands)
            powers = (level.power(each.mel) for each in outlines)
        return expected_lufs(powers, frame_seconds)


def prepared(programme: Programme, library: Clips) -> tuple[Instrument, Performance]:
    """Everything that a programme needs before its first sample.

    Raises:
        WhisperwaveError: of the kind that fits.
    """
    instrument = ready(programme.model, programme.backend, programme.isa, programme.precision)
    return instrument, performance_of(programme, library, instrument)


def performance_of(programme: Programme, library: Clips, instrument: Instrument) -> Performance:
    """A programme's performance on an instrument that is ready.

    Raises:
        WhisperwaveError: of the kind that fits.
    """
    picks, seed = programme.picks, programme.seed
    if isinstance(picks, ClassName):
        opening = opening_of_class(instrument, picks.name)
        return Performance(instrument, opening, programme.sampling, seed, wide=False)
    wide = programme.wide and instrument.file.signature.port("control") is not None
    materials = gather(library, picks, instrument.sample_rate, wide)
    opening = opening_of(instrument, materials, seed)
    return Performance(instrument, opening, programme.sampling, seed, wide=wide)


def recipe_of(
    programme: Programme,
    library: Clips,
    instrument: Instrument,
    performance: Performance,
    *,
    keep_prime: bool = False,
) -> Recipe:
    """All it takes to make a programme again."""
    return Recipe(
        version=__version__,
        model=instrument.name,
        digest=instrument.digest,
        backend=programme.backend,
        precision=instrument.runtime.precision,
        isa=instrument.runtime.isa,
        threads=THREADS,
        seed=programme.seed,
        picks=picked(programme.picks, library),
        sampling=asdict(programme.sampling),
        mastering=asdict(programme.mastering),
        keep_prime=keep_prime,
        wide=performance.is_wide,
    )


def picked(picks: Picks | ClassName, library: Clips) -> tuple[dict[str, Any], ...]:
    """What a piece takes after, as its recipe says it."""
    if isinstance(picks, ClassName):
        return ({"class": picks.name},)
    return tuple(
        {"number": pick.number, "weight": pick.weight, "digest": library.clip(pick.number).digest}
        for pick in picks
    )


def _overheard(
    held: Iterator[tuple[Floats, Floats]], hear: Callable[[Floats], None]
) -> Iterator[tuple[Floats, Floats]]:
    for audio, wide in held:
        hear(mixed_down(audio))
        yield audio, wide


def _guarded(blocks: Iterator[Floats], guard: RiseGuard, channels: int) -> Iterator[Floats]:
    state = guard.start(channels)
    for block in blocks:
        out, state = guard.step(block, state)
        yield out


def _divisor(number: int, near: float) -> int:
    """The divisor of a number that is nearest to another, by their ratio."""
    divisors = [n for n in range(1, number + 1) if number % n == 0]
    return min(divisors, key=lambda n: abs(np.log(n / near)))
