"""Running a model: a `Runtime` holds its weights, a `Session` is one stream of new audio.

A backend supplies a `Network` that opens `Stream`s of samples; everything that is the same for all
of them (codec, checks, interruptible blocks) is here, once. Samples are `Tokens`: classes ``[T]``,
or values ``[T, C]``. Audio of one channel is ``[T]``, of several ``[C, T]``.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp.mid_side import left_right
from whisperwave.errors import EngineError
from whisperwave.runtimes.buffers import check_input, check_output
from whisperwave.runtimes.codec import Classes, Codec, Tokens
from whisperwave.runtimes.guide import Guide
from whisperwave.runtimes.network import AllPole, Ensemble, Floats, Network, Stream
from whisperwave.runtimes.predictors import Doubles, Predictors
from whisperwave.runtimes.sampling import Sampling
from whisperwave.shapes import Signature

# A backend does not look at Ctrl-C while it computes: it is given this much to make at a time.
_GENERATE_SAMPLES = 128

_MOST_NUMBERS = 2**29  # 2 GiB of float32


class Session:
    """One stream of new audio at the model's sample rate. Used by one thread at a time.

    A cut into blocks of any sizes gives the same samples, bit for bit.
    """

    latency = 0
    """Samples by which the output lags: none, each sample is ready when it is asked for."""

    def __init__(
        self, stream: Stream, codec: Codec, guide: Guide, all_pole: AllPole | None, at_once: int
    ) -> None:
        self._stream: Stream | None = stream
        self._at_once = at_once
        self._codec = codec
        self._first_guide = self._guide = guide
        self._all_pole = all_pole
        several = (codec.channels,) if codec.channels > 1 else ()
        self._past = np.zeros(
            (*several, max(codec.order, 1)), np.float32
        )  # newest samples, in order
        self._position = 0  # samples played since the guide began
        self._predictor: tuple[Doubles, float] | None = None  # of what is played next
        self._told = -1  # the frame of the guide that the stream knows

    def prime(self, audio: Floats, guide: Guide | None = None) -> None:
        """Take ``audio``, at the model's rate, as what came before; it is not in the output.

        Args:
            audio: what came before, [T], or [C, T] for a model of several channels.
            guide: what the model would have been told, had it played this; None tells it the
                session's style and no controls.

        Raises:
            EngineError: ``NONFINITE`` or ``BAD_BUFFER``; ``CONTROLS_ENDED``, the guide is shorter
                than the audio; ``SESSION_CLOSED`` after `close`.
        """
        stream = self.stream
        check_input(audio, self._codec.channels, "prime")
        if audio.shape[-1] == 0:
            return
        told = guide or self._guide.held
        tokens = self._tokens(audio.astype(np.float32), told)
        for part in _steered(stream, told, 0, len(tokens), self._at_once):
            stream.prime(tokens[part])
        self._told = -1
        self._remember(audio)
        if self._all_pole:
            self._all_pole.prime(self._past)

    def process(self, out: Floats) -> None:
        """Fill ``out``, a writable float32 array, with the next ``n`` samples.

        It is [n], or [C, n] for a model of several channels.

        Interrupted by Ctrl-C, it leaves a part of ``out`` unwritten and the session usable.

        Raises:
            EngineError: ``BAD_BUFFER`` for another kind of array, ``BAD_LAGS`` where the guide does
                not say how to filter excitations, ``CONTROLS_ENDED`` beyond its last frame,
                ``SESSION_BUSY`` if another thread is inside, ``SESSION_CLOSED`` after `close`.
        """
        stream = self.stream
        check_output(out, self.channels)
        while out.shape[-1] > 0:
            part = out[..., : self.announce(out.shape[-1])]
            _fill(stream, part)
            self.receive(part)
            out = out[..., part.shape[-1] :]

    def follow(self, guide: Guide) -> None:
        """Be told another guide, whose first frame holds for the next sample.

        So a piece without an end is told a span at a time. `reset` goes back to the first guide.
        """
        self._guide, self._position, self._told = guide, 0, -1

    @property
    def channels(self) -> int:
        """Numbers of a sample."""
        return self._codec.channels

    @property
    def stream(self) -> Stream:
        """What plays it, for those who play several streams together.

        Raises:
            EngineError: ``SESSION_CLOSED`` after `close`.
        """
        if self._stream is None:
            raise EngineError(
                "SESSION_CLOSED", "this session was closed.", "Open a new one from the runtime."
            )
        return self._stream

    def announce(self, count: int) -> int:
        """Tell the stream what holds for its next samples, and say for how many, of ``count``.

        Raises:
            EngineError: as `process`.
        """
        predictors = self._guide.predictors
        self._predictor = predictors.at(self._position) if predictors else None
        part, condition = next(self._guide.cut(self._position, count, _GENERATE_SAMPLES))
        frame = self._guide.frame_of(self._position)
        if condition is not None and frame != self._told:
            self.stream.steer(condition)
            self._told = frame
        return int(part.stop)

    def receive(self, part: Floats) -> None:
        """Take what the stream played after `announce`, [n] or [C, n], and filter it in place."""
        if self._predictor and self._all_pole:
            self._all_pole.process(part, *self._predictor)
        if self._codec.is_mid_side:
            part[:] = left_right(part)
        self._position += part.shape[-1]
        self._remember(part)

    def reset(self) -> None:
        """Go back to the start: no history, and the same random numbers again."""
        self.stream.reset()
        self._guide = self._first_guide
        if self._all_pole:
            self._all_pole.reset()
        self._past[:] = 0.0
        self._position, self._told = 0, -1

    def close(self) -> None:
        """Free the stream's memory; any later call but this one is refused."""
        self._stream = None

    def _tokens(self, audio: Floats, told: Guide) -> Tokens:
        predictors = told.predictors
        if predictors is None:
            return self._codec.encode(audio, self._past[..., -1])
        return self._codec.encode(predictors.excite(audio, self._past), 0.0)

    def _remember(self, audio: Floats) -> None:
        joined = np.append(self._past, audio, axis=-1)
        self._past = joined[..., -self._past.shape[-1] :].astype(np.float32)


class Runtime:
    """A model ready to run: immutable, shared by any number of sessions and threads.

    Args:
        network: its weights, as a backend holds them.
        signature: what it takes and gives.
        outputs: numbers that it tells of each sample; None for one for each of its classes.
    """

    def __init__(self, network: Network, signature: Signature, outputs: int | None = None) -> None:
        self.signature = signature
        self.isa = network.isa
        self.precision = network.precision
        self._network = network
        self._codec = Codec.of(signature)
        self._outputs = outputs or self._codec.levels

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
            ConfigError: ``BAD_SAMPLING``, the sampling chooses among classes, and there are none.
        """
        for name, number in (("seed", seed), ("stream", stream)):
            if not 0 <= number < 2**64:
                raise EngineError("BAD_SEED", f"{name}={number} is out of range.", "Use 64 bits.")
        told, sampling = guide or self.guide(), sampling or Sampling()
        if not self._codec.levels:
            sampling.check_values()
        opened = self._network.open(told.first, sampling, seed, stream)
        order = self._codec.order
        all_pole = self._network.all_pole(order) if order else None
        return Session(opened, self._codec, told, all_pole, self._network.at_once)

    def ensemble(self, capacity: int, threads: int) -> Ensemble:
        """What plays several streams at once; `Streams` makes audio of it.

        Raises:
            EngineError: ``BAD_ENSEMBLE`` or ``BAD_THREADS``, a number out of range.
        """
        return self._network.ensemble(capacity, threads)

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

    def logits(self, tokens: NDArray[np.generic], guide: Guide | None = None) -> Floats:
        """Teacher-forced predictions of a fresh stream.

        Args:
            tokens: the class [T] of every sample, or its values [T, C].
            guide: what the model is told of samples 0 to T; None if it takes nothing.

        Returns:
            float32 [T, A]; row t predicts sample t + 1: the logits of its classes; or for each
            channel the logits of a mixture's components, then their means, then their log-scales.

        Raises:
            EngineError: ``BAD_CLASS``, ``BAD_VALUE``, ``BAD_STYLE`` or ``CONTROLS_ENDED``, or
                ``TOO_LARGE`` for an answer of more than 2 GiB.
        """
        if len(tokens) * self._outputs > _MOST_NUMBERS:
            raise EngineError(
                "TOO_LARGE",
                f"{len(tokens)} samples have too many logits.",
                f"Ask for {_MOST_NUMBERS // self._outputs} at once, or fewer.",
            )
        known = _checked_tokens(tokens, self._codec)
        out = np.empty((len(known), self._outputs), np.float32)
        told = guide or self.guide()
        stream = self._network.open(told.first, Sampling(), 0, 0)
        # The first sample foretells sample 1: a prediction is told what belongs to its own sample.
        for part in _steered(stream, told, 1, len(known), self._network.at_once):
            stream.predict(known[part], out[part])
        return out

    def answers(self, asked: Mapping[str, NDArray[Any]]) -> dict[str, Floats]:
        """The answers to an exam: ``logits`` [P, A], where ``positions`` of its samples ask."""
        guide = self.guide(asked.get("style"), asked.get("controls"))
        heard = asked["classes"] if "classes" in asked else asked["values"]
        return {"logits": self.logits(heard, guide)[asked.get("positions", slice(None))]}


def _steered(stream: Stream, guide: Guide, start: int, count: int, most: int) -> Iterator[slice]:
    """The pieces of `Guide.cut`; before each, the stream is told what holds there."""
    for part, condition in guide.cut(start, count, most):
        if condition is not None:
            stream.steer(condition)
        yield part


def _fill(stream: Stream, out: Floats) -> None:
    """Have the stream write to ``out`` [n] or [C, n]; a backend gives sample by sample."""
    if out.ndim == 1:
        stream.process(out)
        return
    samples = np.empty(out.shape[::-1], np.float32)
    stream.process(samples)
    out[:] = samples.T


def _checked_tokens(tokens: NDArray[np.generic], codec: Codec) -> Tokens:
    if codec.levels:
        return _checked_classes(tokens, codec.levels)
    return _checked_values(tokens, codec.channels)


def _checked_values(values: NDArray[Any], channels: int) -> Floats:
    if values.ndim != 2 or values.shape[1] != channels or values.dtype.kind != "f":
        raise EngineError(
            "BAD_VALUE",
            f"the values have shape {values.shape} and type {values.dtype}.",
            f"Give {channels} floating-point numbers for each sample.",
        )
    # Not "any beyond 1": a NaN is beyond nothing.
    if not (np.abs(values) <= 1.0).all():
        raise EngineError(
            "BAD_VALUE", "there are values beyond -1 and 1.", "Scale or clip them first."
        )
    return np.require(values, np.float32, ["C", "A"])


def _checked_classes(classes: NDArray[Any], levels: int) -> Classes:
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
