"""What a backend supplies: a network, its streams, and the filter that makes them audible."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from whisperwave.runtimes.predictors import Doubles
from whisperwave.runtimes.sampling import Sampling

Floats = NDArray[np.float32]


class Stream(Protocol):
    """One stream of a backend: history, position and random state. Tokens fit the model's head."""

    def prime(self, tokens: NDArray[Any], /) -> None:
        """Take ``tokens`` as history, in one pass."""

    def process(self, out: Floats) -> None:
        """Fill ``out`` with new, decoded audio: [n] of one channel, [n, C] of several."""

    def predict(self, tokens: NDArray[Any], out: Floats, /) -> None:
        """Take ``tokens`` as history and write to ``out`` [T, A] what each foretells."""

    def steer(self, condition: Floats) -> None:
        """Tell ``condition`` [G + K], style and controls, to the predictions from here on."""

    def reset(self) -> None:
        """Go back to the state after opening, but for what `steer` said last."""


class AllPole(Protocol):
    """What puts back into excitations what linear prediction took out, one stream's worth."""

    def process(self, samples: Floats, coefficients: Doubles, size: float) -> None:
        """Turn excitations [n] into audio, in place."""

    def prime(self, samples: Floats) -> None:
        """Take audio [n] as what came before."""

    def reset(self) -> None:
        """Forget what came before."""


class Ensemble(Protocol):
    """Streams of one network, played together."""

    def process(self, streams: Sequence[Stream], out: Floats) -> None:
        """Fill a row of ``out`` [N, n * C] for each stream, sample by sample, as it would alone."""


class Network(Protocol):
    """The weights of a model, as one backend holds them."""

    @property
    def isa(self) -> str:
        """The instruction set that computes, for example ``avx512``."""

    @property
    def precision(self) -> str:
        """What the weights are played in: ``float32``, ``bfloat16`` or ``int8``."""

    @property
    def at_once(self) -> int:
        """Samples that it reads before it looks at Ctrl-C again."""

    def open(self, condition: Floats, sampling: Sampling, seed: int, stream: int) -> Stream:
        """A new stream; ``condition`` is empty for a model that is told nothing."""

    def all_pole(self, order: int) -> AllPole:
        """A new filter at rest."""

    def ensemble(self, capacity: int, threads: int) -> Ensemble:
        """Room for up to ``capacity`` of its streams side by side, worked on by ``threads``."""


class EffectStream(Protocol):
    """One stream through a feed-forward network."""

    def process(self, frames: Floats, out: Floats, /) -> None:
        """Take ``frames`` [T, C] and write what becomes of each to ``out`` [T, C']."""

    def steer(self, condition: Floats) -> None:
        """Tell ``condition`` [G] to the frames from here on."""

    def reset(self) -> None:
        """Go back to the state after opening, but for what `steer` said last."""


class EffectNetwork(Protocol):
    """The weights of a feed-forward model, as one backend holds them."""

    @property
    def isa(self) -> str:
        """The instruction set that computes, for example ``avx512``."""

    @property
    def precision(self) -> str:
        """What the weights are played in: ``float32``, ``bfloat16`` or ``int8``."""

    @property
    def at_once(self) -> int:
        """Samples that it reads before it looks at Ctrl-C again."""

    def open(self, condition: Floats) -> EffectStream:
        """A new stream; ``condition`` is empty for a model that is told nothing."""
