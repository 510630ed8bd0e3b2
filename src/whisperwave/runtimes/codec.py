"""Between audio and the classes that an autoregressive model predicts."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp.companding import mulaw_decode, mulaw_encode
from whisperwave.dsp.emphasis import emphasise
from whisperwave.errors import EngineError
from whisperwave.shapes import Signature

Classes = NDArray[np.int32]


@dataclass(frozen=True)
class Codec:
    """µ-law classes of a signal within ``limit``, as a model's signature describes them.

    The signal is pre-emphasised audio (``mulaw``), or the excitation that linear prediction of
    ``order`` leaves of it (``mulaw_lpc``).
    """

    levels: int
    preemphasis: float
    limit: float = 1.0
    order: int = 0

    @classmethod
    def of(cls, signature: Signature) -> "Codec":
        """Read a signature's codec; an unknown one is refused."""
        codec, port = signature.codec, signature.port("predictor")
        name = codec.get("name")
        if name not in ("mulaw", "mulaw_lpc") or (name == "mulaw_lpc") != (port is not None):
            raise EngineError(
                "UNKNOWN_CODEC", f"codec {name!r} is unknown.", "Use a newer whisperwave."
            )
        levels, preemphasis = int(codec["levels"]), float(codec["preemphasis"])
        if port is None:
            return cls(levels, preemphasis)
        return cls(levels, preemphasis, float(codec["limit"]), port.channels - 1)

    @property
    def silence(self) -> int:
        """The class of a sample of digital silence: what a stream without history starts from."""
        return int(self.encode(np.zeros(1, np.float32), 0.0)[0])

    @property
    def values(self) -> NDArray[np.float32]:
        """The value of every class, before de-emphasis."""
        return np.float32(self.limit) * mulaw_decode(np.arange(self.levels), self.levels)

    def encode(self, signal: NDArray[np.float32], before: float) -> Classes:
        """The classes of ``signal`` [T]; ``before`` is the sample that came just before it."""
        joined = np.append(np.float32(before), signal)
        emphasised = emphasise(joined, self.preemphasis)[1:]
        return mulaw_encode(emphasised / np.float32(self.limit), self.levels).astype(np.int32)
