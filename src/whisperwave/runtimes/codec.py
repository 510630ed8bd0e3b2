"""Between what is heard and the samples that an autoregressive model predicts.

They are classes or values of audio, or the symbols of a text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp.companding import mulaw_decode, mulaw_encode
from whisperwave.dsp.emphasis import emphasise
from whisperwave.errors import EngineError
from whisperwave.shapes import Signature

Classes = NDArray[np.int32]
Floats = NDArray[np.float32]
Tokens: TypeAlias = Classes | Floats
"""Samples as a network hears them: classes ``[T]``, or values in [-1, 1], ``[T, C]``."""


@dataclass(frozen=True)
class Codec:
    """µ-law classes of a signal within ``limit``, or its values, as a model's signature says.

    The signal is pre-emphasised audio (``mulaw``, ``linear``), or the excitation that linear
    prediction of ``order`` leaves of it (``mulaw_lpc``, ``linear_lpc``). Values have no levels: 0.
    Of a text (``symbols``) each class is a symbol, and the signal is the numbers of symbols.
    """

    levels: int
    preemphasis: float
    limit: float = 1.0
    order: int = 0
    channels: int = 1
    symbols: tuple[str, ...] = ()

    @classmethod
    def of(cls, signature: Signature) -> "Codec":
        """Read a signature's codec; an unknown one is refused."""
        codec, port = signature.codec, signature.port("predictor")
        if codec.get("name") == "symbols":
            return cls._of_text(codec)
        expected = "mulaw" if signature.head == "softmax" else "linear"
        if port is not None:
            expected += "_lpc"
        if codec.get("name") != expected:
            raise EngineError(
                "UNKNOWN_CODEC",
                f"codec {codec.get('name')!r} is unknown for a head of {signature.head!r}.",
                "Use a newer whisperwave.",
            )
        levels = int(codec["levels"]) if signature.head == "softmax" else 0
        channels = 1 if levels else signature.outputs[0].channels
        if port is None:
            return cls(levels, float(codec["preemphasis"]), channels=channels)
        if channels > 1:
            raise EngineError(
                "UNKNOWN_CODEC",
                f"codec {expected!r} is known for one channel, not for {channels}.",
                "Use a newer whisperwave.",
            )
        limit, order = float(codec["limit"]), port.channels - 1
        return cls(levels, float(codec["preemphasis"]), limit, order)

    @classmethod
    def _of_text(cls, codec: Mapping[str, Any]) -> "Codec":
        levels, symbols = int(codec["levels"]), codec.get("symbols")
        if not _one_each(symbols, levels):
            raise EngineError(
                "UNKNOWN_CODEC",
                f"there are {levels} classes, but not as many different symbols.",
                "Write the model file again from its checkpoint.",
            )
        return cls(levels, 0.0, symbols=tuple(codec["symbols"]))

    @property
    def silence(self) -> int:
        """The class that a stream without history starts from.

        It is that of a sample of digital silence; of a text, the first symbol.
        """
        if self.symbols:
            return 0
        return int(self.encode(np.zeros(1, np.float32), 0.0)[0])

    @property
    def values(self) -> Floats:
        """The value of every class, before de-emphasis; none where there are no classes."""
        if not self.levels:
            return np.empty(0, np.float32)
        if self.symbols:
            return np.arange(self.levels, dtype=np.float32)
        return np.float32(self.limit) * mulaw_decode(np.arange(self.levels), self.levels)

    def encode(self, signal: Floats, before: float | Floats) -> Tokens:
        """The samples of ``signal`` as the network hears them.

        Args:
            signal: [T], or [C, T] for a model of several channels.
            before: the sample that came just before; for several channels [C].
        """
        if self.symbols:
            return np.clip(np.rint(signal), 0, self.levels - 1).astype(np.int32)
        joined = np.append(np.asarray(before, np.float32)[..., np.newaxis], signal, axis=-1)
        within = emphasise(joined, self.preemphasis)[..., 1:] / np.float32(self.limit)
        if self.levels:
            return mulaw_encode(within, self.levels).astype(np.int32)
        values = np.clip(within, -1.0, 1.0).astype(np.float32)
        return np.ascontiguousarray(np.atleast_2d(values).T)


def _one_each(symbols: Any, levels: int) -> bool:
    """Whether these are as many different characters."""
    if not isinstance(symbols, list) or not all(isinstance(symbol, str) for symbol in symbols):
        return False
    return len(symbols) == levels == len({symbol for symbol in symbols if len(symbol) == 1})
