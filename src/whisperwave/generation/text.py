"""Text by a WaveNet: each symbol is drawn from a distribution that depends on all before it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from whisperwave import modelfile, runtimes
from whisperwave.errors import ConfigError, EngineError
from whisperwave.generation.shipped import find_model
from whisperwave.runtimes import Runtime, Sampling, Session
from whisperwave.runtimes.codec import Codec

BLOCK = 64  # symbols written at once: a line or so
LONGEST = 2**24


class Writer:
    """A model of text, ready to write.

    Args:
        model: the path of a model file or of a run folder.
        backend: what computes.
        precision: one that the model file offers.

    Raises:
        ModelFileError: damaged or hostile.
        EngineError: ``NOT_TEXT``, it is a model of sound.
    """

    def __init__(self, model: str | Path, backend: str = "native", precision: str = "auto") -> None:
        file, verification = modelfile.read_verified(find_model(model))
        if not is_text(file):
            raise EngineError(
                "NOT_TEXT", f"{str(model)!r} is a model of sound.", "Play it with generate."
            )
        self.identity = f"{file.family}@{verification.digest[:12]}"
        """Family and digest, short enough for a line."""
        self.runtime: Runtime = runtimes.load(file, backend, precision=precision)
        self.symbols = Codec.of(file.signature).symbols
        """What it can write, by class."""
        self._classes = {symbol: index for index, symbol in enumerate(self.symbols)}

    def write(
        self, length: int, prime: str = "", sampling: Sampling | None = None, seed: int = 0
    ) -> Iterator[str]:
        """Go on after ``prime`` for ``length`` symbols, some at a time.

        Raises:
            ConfigError: ``BAD_LENGTH``, or ``UNKNOWN_SYMBOL`` in the prime.
        """
        if not 1 <= length <= LONGEST:
            raise ConfigError(
                "BAD_LENGTH", f"{length} symbols are not possible.", f"Use 1 to {LONGEST}."
            )
        session = self.runtime.session(sampling=sampling, seed=seed)
        session.prime(self.classes(prime).astype(np.float32))
        return self._blocks(session, length)

    def classes(self, text: str) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
        """The class of each symbol of a text, ``[T]``.

        Raises:
            ConfigError: ``UNKNOWN_SYMBOL``, with the first that the model never learned.
        """
        unknown = next((symbol for symbol in text if symbol not in self._classes), None)
        if unknown is not None:
            raise ConfigError(
                "UNKNOWN_SYMBOL",
                f"{unknown!r} is not among the model's {len(self.symbols)} symbols.",
                "Leave it out, or train on a text that holds it.",
            )
        return np.array([self._classes[symbol] for symbol in text], np.int32)

    def _blocks(self, session: Session, length: int) -> Iterator[str]:
        for start in range(0, length, BLOCK):
            written = np.empty(min(BLOCK, length - start), np.float32)
            session.process(written)
            yield "".join(self.symbols[int(index)] for index in written)


def is_text(file: modelfile.ModelFile) -> bool:
    """Whether a model writes symbols, and plays no sound."""
    return any(port.role == "symbol" for port in file.signature.outputs)
