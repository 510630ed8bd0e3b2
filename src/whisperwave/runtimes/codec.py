"""Between audio and the samples that an autoregressive model predicts: its classes, or values."""

from dataclasses import dataclass
from typing import TypeAlias

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
    """

    levels: int
    preemphasis: float
    limit: float = 1.0
    order: int = 0
    channels: int = 1

    @classmethod
    def of(cls, signature: Signature) -> "Codec":
        """Read a signature's codec; an unknown one is refused."""
        codec, port = signature.codec, signature.port("predictor")
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

    @property
    def silence(self) -> int:
        """The class of a sample of digital silence: what a stream without history starts from."""
        return int(self.encode(np.zeros(1, np.float32), 0.0)[0])

    @property
    def values(self) -> Floats:
        """The value of every class, before de-emphasis; none where there are no classes."""
        if not self.levels:
            return np.empty(0, np.float32)
        return np.float32(self.limit) * mulaw_decode(np.arange(self.levels), self.levels)

    def encode(self, signal: Floats, before: float | Floats) -> Tokens:
        """The samples of ``signal`` as the network hears them.

        Args:
            signal: [T], or [C, T] for a model of several channels.
            before: the sample that came just before; for several channels [C].
        """
        joined = np.append(np.asarray(before, np.float32)[..., np.newaxis], signal, axis=-1)
        within = emphasise(joined, self.preemphasis)[..., 1:] / np.float32(self.limit)
        if self.levels:
            return mulaw_encode(within, self.levels).astype(np.int32)
        values = np.clip(within, -1.0, 1.0).astype(np.float32)
        return np.ascontiguousarray(np.atleast_2d(values).T)
