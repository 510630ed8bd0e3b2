"""Running a model: a `Runtime` holds its weights, a `Session` is one stream of new audio.

A backend supplies a `Network` that opens `Stream`s of classes; everything that is the same for all
of them (codec, checks, interruptible blocks) is here, once.
"""

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from whisperwave.errors import EngineError
from whisperwave.runtimes.codec import Classes, Codec
from whisperwave.runtimes.guide import Guide
from whisperwave.runtimes.predictors import Doubles, Predictors
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


class Network(Protocol):
    """The weights of a model, as one backend holds them."""

    @property
    def isa(self) -> str:
        """The instruction set that computes, for example ``avx512``."""

    def open(self, condition: Floats, sampling: Sampling, seed: int, stream: int) -> Stream:
        """A new stream; ``condition`` is empty for a model that is told nothing."""

    def all_pole(self, order: int) -> AllPole:
        """A new filter at rest."""


class Session:
    """One stream of new audio at the model's sample rate. Used by one thread at a time.

    A cut into blocks of any sizes gives the same samples, bit for bit.
    """

    latency = 0
    """Samples by which the output lags: none, each sample is ready when it is asked for."""

    def __init__(
        self, stream: Stream, codec: Codec, guide: Guide, all_pole: AllPole | None
    ) -> None:
        self._stream: Stream | None = stream
        self._codec = codec
        self._first_guide = self._guide = guide
        self._all_pole = all_pole
        self._past = np.zeros(max(codec.order, 1), np.float32)  # the newest samples, in order
        self._position = 0  # samples played since the guide began

    def prime(self, audio: Floats, guide: Guide | None = None) -> None:
        """Take ``audio`` [T], at the model's rate, as what came before; it is not in the output.

        Args:
            audio: what came before.
            guide: what the model would have been told, had it played this; None tells it the
                session's style and no controls.

        Raises:
            EngineError: ``NONFINITE`` or ``BAD_BUFFER``; ``CONTROLS_ENDED``, the guide is shorter
                than the audio; ``SESSION_CLOSED`` after `close`.
        """
        stream = self._open_stream()
        _check_audio(audio)
        if len(audio) == 0:
            return
        told = guide or self._guide.held
        classes = self._classes(audio.astype(np.float32), told)
        for part in _steered(stream, told, 0, len(classes), _READ_SAMPLES):
            stream.prime(classes[part])
        self._remember(audio)
        if self._all_pole:
            self._all_pole.prime(self._past)

    def process(self, out: Floats) -> None:
        """Fill ``out`` [n], a writable float32 array, with the next ``n`` samples.

        Interrupted by Ctrl-C, it leaves a part of ``out`` unwritten and the session usable.

        Raises:
            EngineError: ``BAD_BUFFER`` for another kind of array, ``BAD_LAGS`` where the guide does
                not say how to filter excitations, ``CONTROLS_ENDED`` beyond its last frame,
                ``SESSION_BUSY`` if another thread is inside, ``SESSION_CLOSED`` after `close`.
        """
        stream = self._open_stream()
        _check_output(out)
        predictors = self._guide.predictors
        for part in _steered(stream, self._guide, self._position, len(out), _GENERATE_SAMPLES):
            predictor = predictors.at(self._position) if predictors else None
            stream.process(out[part])
            if predictor and self._all_pole:
                self._all_pole.process(out[part], *predictor)
            self._position += part.stop - part.start
            self._remember(out[part])

    def follow(self, guide: Guide) -> None:
        """Be told another guide, whose first frame holds for the next sample.

        So a piece without an end is told a span at a time. `reset` goes back to the first guide.
        """
        self._guide, self._position = guide, 0

    def reset(self) -> None:
        """Go back to the start: no history, and the same random numbers again."""
        self._open_stream().reset()
        self._guide = self._first_guide
        if self._all_pole:
            self._all_pole.reset()
        self._past[:] = 0.0
        self._position = 0

    def close(self) -> None:
        """Free the stream's memory; any later call but this one is refused."""
        self._stream = None

    def _classes(self, audio: Floats, told: Guide) -> Classes:
        predictors = told.predictors
        if predictors is None:
            return self._codec.encode(audio, float(self._past[-1]))
        return self._codec.encode(predictors.excite(audio, self._past), 0.0)

    def _remember(self, audio: Floats) -> None:
        self._past = np.append(self._past, audio)[-len(self._past) :].astype(np.float32)

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

    def guide(
        self,
        style: Floats | None = None,
        controls: Floats | None = None,
        lags: Doubles | None = None,
    ) -> Guide:
        """What this model can be told while it plays.

        Args:
            style: the style vector [G]; None if the model takes none.
            controls: frames [K, F]; None leaves the model to itself.
            lags: autocorrelations [P + 1, F], for a model of excitations.

        Raises:
            EngineError: ``BAD_STYLE``, ``BAD_CONTROLS``, ``BAD_LAGS`` or ``NONFINITE``.
        """
        return Guide(self.signature, style, controls, lags)

    def session(
        self,
        guide: Guide | None = None,
        sampling: Sampling | None = None,
        seed: int = 0,
        stream: int = 0,
    ) -> Session:
        """Open a stream of new audio.

        Args:
            guide: what the model is told, from `guide`; None if it takes nothing.
            sampling: how the next sample is drawn; the model's own variety by default.
            seed: 64 bits; the same seed and stream give the same audio.
            stream: 64 bits; streams of one seed are independent.

        Raises:
            EngineError: ``BAD_SEED``; ``BAD_STYLE``, a guide is needed.
        """
        for name, number in (("seed", seed), ("stream", stream)):
            if not 0 <= number < 2**64:
                raise EngineError("BAD_SEED", f"{name}={number} is out of range.", "Use 64 bits.")
        told = guide or self.guide()
        opened = self._network.open(told.first, sampling or Sampling(), seed, stream)
        order = self._codec.order
        return Session(opened, self._codec, told, self._network.all_pole(order) if order else None)

    def filtered(self, excitations: Floats, lags: Doubles) -> Floats:
        """What a model of excitations would play, had its network given ``excitations`` [T].

        Raises:
            EngineError: ``BAD_LAGS``, also for a model of the sound itself; ``CONTROLS_ENDED``.
        """
        predictors = Predictors.of(self.signature, lags)
        audio, all_pole = np.array(excitations, np.float32), self._network.all_pole(len(lags) - 1)
        for start in range(0, len(audio), predictors.hop_length):
            frame = audio[start : start + predictors.hop_length]
            all_pole.process(frame, *predictors.at(start))
        return audio

    def logits(self, classes: NDArray[np.integer], guide: Guide | None = None) -> Floats:
        """Teacher-forced predictions of a fresh stream.

        Args:
            classes: [T] class of every sample.
            guide: what the model is told of samples 0 to T; None if it takes nothing.

        Returns:
            float32 [T, A]; row t predicts the class of sample t + 1.

        Raises:
            EngineError: ``BAD_CLASS``, ``BAD_STYLE`` or ``CONTROLS_ENDED``, or ``TOO_LARGE`` for an
                answer of more than 2 GiB.
        """
        if classes.size * self._codec.levels > _MOST_LOGITS:
            raise EngineError(
                "TOO_LARGE",
                f"{classes.size} samples have too many logits.",
                f"Ask for {_MOST_LOGITS // self._codec.levels} at once, or fewer.",
            )
        known = _checked_classes(classes, self._codec.levels)
        logits = np.empty((len(known), self._codec.levels), np.float32)
        told = guide or self.guide()
        stream = self._network.open(told.first, Sampling(), 0, 0)
        # The first class foretells sample 1: a prediction is told what belongs to its own sample.
        for part in _steered(stream, told, 1, len(known), _READ_SAMPLES):
            stream.predict(known[part], logits[part])
        return logits


def _steered(stream: Stream, guide: Guide, start: int, count: int, most: int) -> Iterator[slice]:
    """The pieces of `Guide.cut`; before each, the stream is told what holds there."""
    for part, condition in guide.cut(start, count, most):
        if condition is not None:
            stream.steer(condition)
        yield part


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
