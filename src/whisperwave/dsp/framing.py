"""Frames on one grid: every feature, of a whole sound or of one that is still being played.

Frame ``f`` is centred on sample ``f * hop_length``, so a sound of ``T`` samples has ``1 + T //
hop_length`` frames whatever its features, and a frame is out as soon as half a window has passed
its centre. Beyond both ends a sound is silent.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whisperwave.errors import ConfigError

Rows = NDArray[np.float32]

_AT_ONCE = 1 << 16  # samples: memory stays flat however long the sound


@dataclass(frozen=True)
class FramesState:
    """The samples that coming frames still need, and what an extractor remembers of its own.

    ``waiting`` ``[n]`` begins at sample ``first`` of the sound with half a window of silence in
    front; ``heard`` samples have come and ``made`` frames are out.
    """

    waiting: NDArray[np.float64]
    first: int
    heard: int
    made: int
    own: Any


class FrameExtractor(ABC):
    """A feature frame by frame: the same extractor for training and for playing.

    Attributes:
        names: of the rows that a frame has, with their units.
        window_length: samples that a frame looks at.
        hop_length: samples from one frame to the next.
    """

    names: tuple[str, ...]

    def __init__(self, window_length: int, hop_length: int) -> None:
        if window_length < 2 or hop_length < 1:
            raise ConfigError(
                "BAD_WINDOW", f"{window_length=} or {hop_length=} cannot be used.",
                "Use a window of 2 or more samples and a hop of 1 or more.",
            )  # fmt: skip
        self.window_length = window_length
        self.hop_length = hop_length

    @property
    def latency(self) -> int:
        """Samples past a frame's centre that must have come before it is out."""
        return self.window_length - self.window_length // 2

    def start(self) -> FramesState:
        """The state before a sound."""
        return FramesState(np.zeros(self.window_length // 2), 0, 0, 0, self._remember())

    def step(self, block: NDArray[np.floating], state: FramesState) -> tuple[Rows, FramesState]:
        """Take the next samples ``[n]``; the frames ``[K, f]`` that are out, and the state then.

        Raises:
            ConfigError: ``BAD_AUDIO``, the block is not finite samples of one channel.
        """
        block = np.asarray(block, np.float64)
        if block.ndim != 1 or not np.isfinite(block).all():
            raise ConfigError(
                "BAD_AUDIO", f"a block of shape {block.shape} is not finite samples [n].",
                "Give one channel, without NaN or infinity.",
            )  # fmt: skip
        waiting = np.concatenate([state.waiting, block])
        have = state.first + len(waiting) - self.window_length
        count = max(0, have // self.hop_length + 1 - state.made)
        return self._out(waiting, count, state, len(block))

    def finish(self, state: FramesState) -> Rows:
        """The frames ``[K, f]`` that looked beyond the end of the sound."""
        count = 1 + state.heard // self.hop_length - state.made
        end = (state.made + count - 1) * self.hop_length + self.window_length
        silence = np.zeros(max(0, end - state.first - len(state.waiting)))
        return self._out(np.concatenate([state.waiting, silence]), count, state, 0)[0]

    def __call__(self, audio: NDArray[np.floating]) -> Rows:
        """All frames of a sound ``[T]``, ``[K, 1 + T // hop_length]``."""
        state, rows = self.start(), []
        for at in range(0, len(audio), _AT_ONCE):
            out, state = self.step(audio[at : at + _AT_ONCE], state)
            rows.append(out)
        return np.concatenate([*rows, self.finish(state)], axis=1)

    def _out(
        self, waiting: NDArray[np.float64], count: int, state: FramesState, new: int
    ) -> tuple[Rows, FramesState]:
        made, own = state.made + count, state.own
        rows = np.zeros((len(self.names), 0), np.float32)
        if count:
            begin = state.made * self.hop_length - state.first
            frames = np.lib.stride_tricks.sliding_window_view(waiting[begin:], self.window_length)
            rows, own = self._rows(frames[:: self.hop_length][:count], own)
        used = min(len(waiting), max(0, made * self.hop_length - state.first))
        after = FramesState(waiting[used:].copy(), state.first + used, state.heard + new, made, own)
        return rows, after

    def _remember(self) -> Any:
        """What an extractor remembers from frame to frame, before the first one."""
        return None

    @abstractmethod
    def _rows(self, frames: NDArray[np.float64], own: Any) -> tuple[Rows, Any]:
        """The rows ``[K, n]`` of frames ``[n, window_length]``, and what to remember after them."""
