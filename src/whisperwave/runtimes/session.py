"""Running a model: a `Runtime` holds its weights, a `Session` is one stream of new audio.

A backend supplies a `Network` that opens `Stream`s of classes; everything that is the same for all
of them (codec, checks, interruptible blocks) is here, once.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from whisperwave.errors import EngineError
from whisperwave.runtimes.codec import Classes, Codec
from whisperwave.runtimes.sampling import Sampling
from whisperwave.shapes import Signature

Floats = NDArray[np.float32]

# A backend does not look at Ctrl-C while it computes: it is given this much at a time.
_GENERATE_SAMPLES = 128
_READ_SAMPLES = 4096

_MOST_LOGITS = 2**29  # 2 GiB of float32


class Stream(Protocol):
    """One stream of a backend: history, position and random state."""

    def prime(self, classes: Classes) -> None:
        """Take ``classes`` [T] as history, in one pass."""

    def process(self, out: Floats) -> None:
        """Fill ``out`` [n] with new, decoded audio."""

    def predict(self, classes: Classes, logits: Floats) -> None:
        """Take ``classes`` [T] as history and write to ``logits`` [T, A] what each foretells."""

    def reset(self) -> None:
        """Go back to the state after opening."""


class Network(Protocol):
    """The weights of a model, as one backend holds them."""

    @property
    def isa(self) -> str:
        """The instruction set that computes, for example ``avx512``."""

    def open(self, style: Floats, sampling: Sampling, seed: int, stream: int) -> Stream:
        """A new stream; ``style`` is empty for a model that takes none."""


class Session:
    """One stream of new audio at the model's sample rate. Used by one thread at a time.

    A cut into blocks of any sizes gives the same samples, bit for bit.
    """

    latency = 0
    """Samples by which the output lags: none, each sample is ready when it is asked for."""

    def __init__(self, stream: Stream, codec: Codec) -> None:
        self._stream: Stream | None = stream
        self._codec = codec
        self._last = 0.0

    def prime(self, audio: Floats) -> None:
        """Take ``audio`` [T], at the model's rate, as what came before; it is not in the output.

        Raises:
            EngineError: ``NONFINITE`` or ``BAD_BUFFER``; ``SESSION_CLOSED`` after `close`.
        """
        stream = self._open_stream()
        _check_audio(audio)
        if len(audio) == 0:
            return
        classes = self._codec.encode(audio.astype(np.float32), self._last)
        for start in range(0, len(classes), _READ_SAMPLES):
            stream.prime(classes[start : start + _READ_SAMPLES])
        self._last = float(audio[-1])

    def process(self, out: Floats) -> None:
        """Fill ``out`` [n], a writable float32 array, with the next ``n`` samples.

        Interrupted by Ctrl-C, it leaves a part of ``out`` unwritten and the session usable.

        Raises:
            EngineError: ``BAD_BUFFER`` for another kind of array, ``SESSION_BUSY`` if another
                thread is inside, ``SESSION_CLOSED`` after `close`.
        """
        stream = self._open_stream()
        _check_output(out)
        for start in range(0, len(out), _GENERATE_SAMPLES):
            stream.process(out[start : start + _GENERATE_SAMPLES])
        if len(out):
            self._last = float(out[-1])

    def reset(self) -> None:
        """Go back to the start: no history, and the same random numbers again."""
        self._open_stream().reset()
        self._last = 0.0

    def close(self) -> None:
        """Free the stream's memory; any later call but this one is refused."""
        self._stream = None

    def _open_stream(self) -> Stream:
        if self._stream is None:
            raise EngineError(
                "SESSION_CLOSED", "this session was closed.", "Open a new one from the runtime."
            )
        return self._stream


class Runtime:
    """A model ready to run: immutable, shared by any number of sessions and threads."""

    def __init__(self, network: Network, signature: Signature) -> None:
        self.signature = signature
        self.isa = network.isa
        self._network = network
        self._codec = Codec.of(signature)

    def session(
        self,
        style: Floats | None = None,
        sampling: Sampling | None = None,
        seed: int = 0,
        stream: int = 0,
    ) -> Session:
        """Open a stream of new audio.

        Args:
            style: the style vector [G], held for the whole stream; None if the model takes none.
            sampling: how the next sample is drawn; the model's own variety by default.
            seed: 64 bits; the same seed and stream give the same audio.
            stream: 64 bits; streams of one seed are independent.

        Raises:
            EngineError: ``BAD_STYLE``, ``NONFINITE`` or ``BAD_SEED``.
        """
        for name, number in (("seed", seed), ("stream", stream)):
            if not 0 <= number < 2**64:
                raise EngineError("BAD_SEED", f"{name}={number} is out of range.", "Use 64 bits.")
        opened = self._network.open(self._style(style), sampling or Sampling(), seed, stream)
        return Session(opened, self._codec)

    def logits(self, classes: NDArray[np.integer], style: Floats | None = None) -> Floats:
        """Teacher-forced predictions of a fresh stream.

        Args:
            classes: [T] class of every sample.
            style: the style vector [G], or None if the model takes none.

        Returns:
            float32 [T, A]; row t predicts the class of sample t + 1.

        Raises:
            EngineError: ``BAD_CLASS``, ``BAD_STYLE``, ``NONFINITE``, or ``TOO_LARGE`` for an answer
                of more than 2 GiB.
        """
        if classes.size * self._codec.levels > _MOST_LOGITS:
            raise EngineError(
                "TOO_LARGE",
                f"{classes.size} samples have too many logits.",
                f"Ask for {_MOST_LOGITS // self._codec.levels} at once, or fewer.",
            )
        known = _checked_classes(classes, self._codec.levels)
        logits = np.empty((len(known), self._codec.levels), np.float32)
        stream = self._network.open(self._style(style), Sampling(), 0, 0)
        for start in range(0, len(known), _READ_SAMPLES):
            part = slice(start, start + _READ_SAMPLES)
            stream.predict(known[part], logits[part])
        return logits

    def _style(self, style: Floats | None) -> Floats:
        port = self.signature.port("style")
        wanted = port.channels if port else 0
        vector = np.require(np.empty(0) if style is None else style, np.float32, ["C", "A"])
        if vector.shape != (wanted,):
            raise EngineError(
                "BAD_STYLE",
                f"the style has shape {vector.shape}.",
                f"This model takes {wanted} numbers.",
            )
        if not np.isfinite(vector).all():
            raise EngineError(
                "NONFINITE", "the style holds a value that is not finite.", "Make it from clips."
            )
        return vector


def _check_audio(audio: Floats) -> None:
    if audio.ndim != 1 or not np.issubdtype(audio.dtype, np.floating):
        raise EngineError(
            "BAD_BUFFER",
            f"the prime has shape {audio.shape} and type {audio.dtype}.",
            "Give one channel of floating-point samples.",
        )
    if not np.isfinite(audio).all():
        raise EngineError(
            "NONFINITE", "the prime holds a sample that is not finite.", "Repair the clip first."
        )


def _check_output(out: Floats) -> None:
    fits = out.ndim == 1 and out.dtype == np.float32 and out.flags.c_contiguous
    if not (fits and out.flags.aligned and out.flags.writeable):
        raise EngineError(
            "BAD_BUFFER",
            f"the output has shape {out.shape} and type {out.dtype}.",
            "Give a writable, contiguous float32 array of one dimension.",
        )


def _checked_classes(classes: NDArray[np.integer], levels: int) -> Classes:
    if classes.ndim != 1 or not np.issubdtype(classes.dtype, np.integer):
        raise EngineError(
            "BAD_CLASS",
            f"the classes have shape {classes.shape} and type {classes.dtype}.",
            "Give one whole number for each sample.",
        )
    if len(classes) and not 0 <= classes.min() <= classes.max() < levels:
        raise EngineError(
            "BAD_CLASS",
            f"classes run from {classes.min()} to {classes.max()}.",
            f"This model knows 0 to {levels - 1}.",
        )
    return np.require(classes, np.int32, ["C", "A"])
