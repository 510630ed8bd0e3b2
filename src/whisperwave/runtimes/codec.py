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
from whisperwave.dsp.mid_side import mid_side
from whisperwave.errors import EngineError
from whisperwave.shapes import MID_SIDE, Signature

Classes = NDArray[np.int32]
Floats = NDArray[np.float32]
Tokens: TypeAlias = Classes | Floats
"""Samples as a network hears them: classes ``[T]``, or values in [-1, 1], ``[T, C]``."""


@dataclass(frozen=True, eq=False)
class ClassTable:
    """Classes that are not of µ-law: the value [A] of each, and the edges [A - 1] between them."""

    values: Floats
    edges: NDArray[np.float64]

    @classmethod
    def of(cls, codec: Mapping[str, Any]) -> "ClassTable":
        """Read a signature's table."""
        return cls(np.asarray(codec["values"], np.float32), np.asarray(codec["edges"], np.float64))

    @classmethod
    def of_numbers(cls, levels: int) -> "ClassTable":
        """Each class stands for its own number."""
        return cls(np.arange(levels, dtype=np.float32), np.arange(1.0, levels) - 0.5)


@dataclass(frozen=True)
class Codec:
    """Classes of a signal within ``limit``, or its values, as a model's signature says.

    The signal is pre-emphasised audio (``mulaw``, ``classes``, ``linear``), or the excitation that
    linear prediction of ``order`` leaves of it (``mulaw_lpc``, ``linear_lpc``). Classes are those
    of µ-law unless there is a ``table``. Values have no levels: 0. Of a text (``symbols``) each
    class is a symbol, and the signal is the numbers of symbols. Two channels may be coded as their
    middle and their difference.
    """

    levels: int
    preemphasis: float
    limit: float = 1.0
    order: int = 0
    channels: int = 1
    table: ClassTable | None = None
    symbols: tuple[str, ...] = ()
    is_mid_side: bool = False

    @classmethod
    def of(cls, signature: Signature) -> "Codec":
        """Read a signature's codec; an unknown one is refused."""
        codec, port = signature.codec, signature.port("predictor")
        if codec.get("name") == "symbols":
            return cls._of_text(codec)
        table: ClassTable | None = None
        expected = "mulaw" if signature.head == "softmax" else "linear"
        if port is not None:
            expected += "_lpc"
        elif signature.head == "softmax" and codec.get("name") == "classes":
            expected, table = "classes", ClassTable.of(codec)
        if codec.get("name") != expected:
            raise EngineError(
                "UNKNOWN_CODEC",
                f"codec {codec.get('name')!r} is unknown for a head of {signature.head!r}.",
                "Use a newer whisperwave.",
            )
        levels = int(codec["levels"]) if signature.head == "softmax" else 0
        channels = 1 if levels else signature.outputs[0].channels
        if port is None:
            preemphasis, pair = float(codec["preemphasis"]), _is_mid_side(codec, channels)
            return cls(levels, preemphasis, channels=channels, table=table, is_mid_side=pair)
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
        table = ClassTable.of_numbers(levels)
        return cls(levels, 0.0, table=table, symbols=tuple(codec["symbols"]))

    @property
    def silence(self) -> int:
        """The class of a sample of digital silence: what a stream without history starts from.

        Of a text it is the first symbol.
        """
        return int(self.encode(np.zeros(1, np.float32), 0.0)[0])

    @property
    def values(self) -> Floats:
        """The value of every class, before de-emphasis; none where there are no classes."""
        return np.float32(self.limit) * self.shares

    @property
    def shares(self) -> Floats:
        """The value of every class as a share of the limit, in [-1, 1]."""
        if self.table:
            return self.table.values
        if not self.levels:
            return np.empty(0, np.float32)
        return mulaw_decode(np.arange(self.levels), self.levels)

    def encode(self, signal: Floats, before: float | Floats) -> Tokens:
        """The samples of ``signal`` as the network hears them.

        Args:
            signal: [T], or [C, T] for a model of several channels.
            before: the sample that came just before; for several channels [C].
        """
        joined = np.append(np.asarray(before, np.float32)[..., np.newaxis], signal, axis=-1)
        if self.is_mid_side:
            joined = mid_side(joined)
        within = emphasise(joined, self.preemphasis)[..., 1:] / np.float32(self.limit)
        if self.table:
            return np.searchsorted(self.table.edges, within, side="right").astype(np.int32)
        if self.levels:
            return mulaw_encode(within, self.levels).astype(np.int32)
        values = np.clip(within, -1.0, 1.0).astype(np.float32)
        return np.ascontiguousarray(np.atleast_2d(values).T)


def _is_mid_side(codec: Mapping[str, Any], channels: int) -> bool:
    """Whether the two channels of a model are middle and difference."""
    if codec.get("stereo") is None:
        return False
    if codec["stereo"] != MID_SIDE or channels != 2:
        raise EngineError(
            "UNKNOWN_CODEC",
            f"stereo {codec['stereo']!r} is unknown for {channels} channels.",
            "Use a newer whisperwave.",
        )
    return True


def _one_each(symbols: Any, levels: int) -> bool:
    """Whether these are as many different characters."""
    if not isinstance(symbols, list) or not all(isinstance(symbol, str) for symbol in symbols):
        return False
    return len(symbols) == levels == len({symbol for symbol in symbols if len(symbol) == 1})
