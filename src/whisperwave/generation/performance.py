"""A performance: a piece without an end, made block by block in memory that does not grow.

One stage after the other: the composition is told to the network, which plays; the sound is held to
its outline, made wide, and kept from rising suddenly. All of them run on a grid that the model's
frames set, so the same seed gives the same sound however it is asked for.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp.blocks import a_step_ahead, recut, without_first
from whisperwave.dsp.fir import delayed
from whisperwave.dsp.shaping import Hold
from whisperwave.generation.guard import RiseGuard
from whisperwave.generation.instrument import Instrument
from whisperwave.generation.level import MelLevel, expected_lufs, picks_lufs
from whisperwave.generation.material import Material
from whisperwave.generation.playing import Player
from whisperwave.generation.steering import SPAN_FRAMES
from whisperwave.generation.widening import BANDS, TIMES, Widener
from whisperwave.runtimes import Sampling

Floats = NDArray[np.float32]

REHEARSED_SECONDS = 180.0  # of the outline, to know how loud the piece will be
_GUARD_SECONDS = 0.01


def _unheard(_audio: Floats) -> None:
    """Nobody listens to the narrow sound."""


class Performance:
    """One piece, from its first sample on.

    Args:
        instrument: what plays.
        materials: the picks.
        sampling: how the next sample is drawn.
        seed: of the piece.
        wide: in two channels at `TIMES` the model's rate; for a model that takes controls, and
            materials that were gathered wide.
    """

    def __init__(
        self,
        instrument: Instrument,
        materials: Sequence[Material],
        sampling: Sampling,
        seed: int,
        *,
        wide: bool,
    ) -> None:
        self.player = Player(instrument, materials, sampling, seed)
        self.channels, self._times = (2, TIMES) if wide else (1, 1)
        self.sample_rate = instrument.sample_rate * self._times
        self._low_rate, self._seed = instrument.sample_rate, seed
        self.expected_lufs = self._rehearsed(materials)
        """The integrated loudness that the piece will have, or nearly."""

    def blocks(self, hear: Callable[[Floats], None] = _unheard) -> Iterator[Floats]:
        """The piece ``[C, n]``, in blocks of some hundredths of a second, without an end.

        To be called once. Another thread lets the network play a passage ahead.

        Args:
            hear: is given what was played and held to its outline, ``[n]`` at the model's rate.
        """
        held = _overheard(self._held(), hear)
        made = self._widened(held) if self.channels == 2 else (audio[None] for audio, _ in held)
        block = self.player.passage_frames * self.player.hop_length * self._times
        frame = _divisor(block, _GUARD_SECONDS * self.sample_rate)
        guard = RiseGuard(self.sample_rate, frame, self.expected_lufs)
        return without_first(_guarded(recut(made, block), guard, self.channels), guard.latency)

    def _held(self) -> Iterator[tuple[Floats, Floats]]:
        """What was played, held to its outline, with the wide outline of the same frames."""
        hop, passages = self.player.hop_length, a_step_ahead(self.player.passages())
        hold, state, waiting, late = None, (), np.empty(0, np.float32), 0
        for passage in passages:
            outline = passage.outline
            if outline is None:
                yield passage.audio, np.empty((0, 0), np.float32)
                continue
            if hold is None:
                hold = Hold(self._low_rate, hop, len(outline.mel))
                state, late = hold.start(), hold.latency
                waiting = np.zeros((len(outline.wide), late), np.float32)
            audio, state = hold.step(passage.audio, outline.mel, state)
            wide, waiting = delayed(waiting, outline.wide)
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

    def _rehearsed(self, materials: Sequence[Material]) -> float:
        """The loudness of the first minutes of the outline."""
        player = self.player
        if player.steering.composition is None:
            return picks_lufs(materials, self._low_rate)
        frame_seconds = player.hop_length / self._low_rate
        spans = -(-REHEARSED_SECONDS // (SPAN_FRAMES * frame_seconds))
        outlines = islice(player.steering.outlines(), int(spans))
        if self.channels == 2:
            level = MelLevel(self.sample_rate, BANDS)
            powers = (2.0 * sum(map(level.power, np.split(each.wide, 2))) for each in outlines)
        else:
            bands = len(player.steering.beginning[0].before.mel)
            level = MelLevel(self.sample_rate, bands)
            powers = (level.power(each.mel) for each in outlines)
        return expected_lufs(powers, frame_seconds)


def _overheard(
    held: Iterator[tuple[Floats, Floats]], hear: Callable[[Floats], None]
) -> Iterator[tuple[Floats, Floats]]:
    for audio, wide in held:
        hear(audio)
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
