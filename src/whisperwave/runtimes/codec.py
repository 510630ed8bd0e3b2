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
    """µ-law classes of pre-emphasised audio, as a model's signature describes them."""

    levels: int
    preemphasis: float

    @classmethod
    def of(cls, signature: Signature) -> "Codec":
        """Read a signature's codec; an unknown one is refused."""
        name = signature.codec.get("name")
        if name != "mulaw":
            raise EngineError(
                "UNKNOWN_CODEC", f"codec {name!r} is unknown.", "Use a newer whisperwave."
            )
        return cls(int(signature.codec["levels"]), float(signature.codec["preemphasis"]))

    @property
    def silence(self) -> int:
        """The class of a sample of digital silence: what a stream without history starts from."""
        return int(self.encode(np.zeros(1, np.float32), 0.0)[0])

    @property
    def values(self) -> NDArray[np.float32]:
        """The value of every class, before de-emphasis."""
        return mulaw_decode(np.arange(self.levels), self.levels)

    def encode(self, audio: NDArray[np.float32], before: float) -> Classes:
        """The classes of ``audio`` [T]; ``before`` is the sample that came just before it."""
        joined = np.append(np.float32(before), audio)
        emphasised = emphasise(joined, self.preemphasis)[1:]
        return mulaw_encode(emphasised, self.levels).astype(np.int32)
