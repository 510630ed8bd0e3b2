"""A true-peak limiter that a listener cannot hear working.

It hears a tenth of a second ahead, so the gain moves over a tenth of a second on both sides of a
peak: no attack to hear, no pumping on single crackles.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp.blocks import without_first
from whisperwave.dsp.fir import Fir
from whisperwave.dsp.loudness import BETWEEN_REACH, between_samples
from whisperwave.dsp.running import running_least, running_mean

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

REACH_SECONDS = 0.05
_HAIR_DB = 0.05  # a moving gain may lift by so much what lies between two samples


@dataclass(frozen=True, eq=False)
class LimiterState:
    """The newest samples, what lies between them, and the gains that they ask for."""

    audio: Floats
    fine: Floats
    wanted: Doubles


class Limiter:
    """Holds the true peak of a sound at or under a ceiling, step by step.

    All channels move by one gain, so that nothing wanders; sound that lies under the ceiling passes
    untouched.

    Args:
        sample_rate: in Hz.
        ceiling_dbtp: the ceiling.
    """

    def __init__(self, sample_rate: int, ceiling_dbtp: float) -> None:
        self._reach = round(REACH_SECONDS * sample_rate)
        self._aim = 10.0 ** ((ceiling_dbtp - _HAIR_DB) / 20.0)
        self._between = Fir(between_samples())
        self.latency = 2 * self._reach + BETWEEN_REACH
        """Samples by which the output lags."""

    def start(self, channels: int) -> LimiterState:
        """The state before a sound: silence."""
        return LimiterState(
            np.zeros((channels, self.latency), np.float32),
            self._between.start((channels,)),
            np.ones(4 * self._reach),
        )

    def step(self, audio: Floats, state: LimiterState) -> tuple[Floats, LimiterState]:
        """The next samples ``[C, n]``: as many, of `latency` ago, and the state after them."""
        count = audio.shape[1]
        fine, fine_state = self._between.step(audio, state.fine)
        heard = np.concatenate([state.audio, audio], axis=1)
        samples = np.abs(heard[:, 2 * self._reach :][:, :count]).max(axis=0)
        peaks = np.maximum(np.abs(fine).max(axis=0).reshape(count, -1).max(axis=1), samples)
        wanted = np.concatenate([state.wanted, self._aim / np.maximum(peaks, self._aim)])
        out = heard[:, :count]
        if wanted.min(initial=1.0) < 1.0:
            out = out * _eased(wanted, self._reach).astype(np.float32)
        return out, LimiterState(heard[:, count:], fine_state, wanted[count:])


def limited(
    blocks: Iterable[Floats], channels: int, sample_rate: int, ceiling_dbtp: float
) -> Iterator[Floats]:
    """A sound that comes in blocks ``[C, n]``, its true peak at or under a ceiling; as long."""
    limiter = Limiter(sample_rate, ceiling_dbtp)

    def stepped() -> Iterator[Floats]:
        state = limiter.start(channels)
        for block in chain(blocks, [np.zeros((channels, limiter.latency), np.float32)]):
            out, state = limiter.step(block, state)
            yield out

    return without_first(stepped(), limiter.latency)


def _eased(wanted: Doubles, reach: int) -> Doubles:
    """A smooth gain that is nowhere above ``wanted``, ``[n + 4 * reach]`` to ``[n]``.

    The least of the gains wanted within ``reach`` samples, averaged twice over half as many to each
    side: every average sees only values that already respect the sample in its middle.
    """
    least = running_least(wanted, 2 * reach + 1)
    return running_mean(running_mean(least, reach + 1), reach + 1)
