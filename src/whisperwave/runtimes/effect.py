"""Running a feed-forward model: an `Effect` holds its weights, an `EffectSession` is one stream.

Its inputs are the ports of a signature that have a number for every sample (audio, controls or
latents), one below another: ``[T]`` if there is one channel in all, else ``[C, T]``.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whisperwave.errors import EngineError
from whisperwave.runtimes.buffers import check_input, check_output
from whisperwave.runtimes.network import EffectNetwork, EffectStream, Floats
from whisperwave.shapes import Signature


class EffectSession:
    """One stream through an effect. Used by one thread at a time.

    A cut into blocks of any sizes gives the same samples, bit for bit.
    """

    latency = 0
    """Samples by which the output lags: none."""

    def __init__(
        self, stream: EffectStream, at_once: int, inputs: int, outputs: int, styles: int
    ) -> None:
        self._stream: EffectStream | None = stream
        self._at_once = at_once
        self._inputs, self._outputs, self._styles = inputs, outputs, styles

    def process(self, block: Floats, out: Floats) -> None:
        """Write to ``out`` what becomes of the next ``n`` samples.

        Interrupted by Ctrl-C, it leaves a part of ``out`` unwritten and the session usable.

        Args:
            block: finite floating-point numbers, [n], or [C, n] for several channels.
            out: a writable float32 array, [n], or [C', n]; it may be ``block`` itself.

        Raises:
            EngineError: ``BAD_BUFFER`` for other arrays, ``NONFINITE``, before anything changes;
                ``SESSION_BUSY`` if another thread is inside, ``SESSION_CLOSED`` after `close`.
        """
        stream = self._open()
        check_input(block, self._inputs, "block")
        check_output(out, self._outputs)
        if block.shape[-1] != out.shape[-1]:
            raise EngineError(
                "BAD_BUFFER",
                f"the block has {block.shape[-1]} samples, the output {out.shape[-1]}.",
                "Give as many of both.",
            )
        heard, played = np.atleast_2d(block).T, np.atleast_2d(out).T
        # A backend does not look at Ctrl-C while it computes: it is given this much at a time.
        for start in range(0, len(heard), self._at_once):
            part = heard[start : start + self._at_once]
            frames = np.empty((len(part), self._outputs), np.float32)
            stream.process(np.require(part, np.float32, ["C", "A"]), frames)
            played[start : start + len(part)] = frames

    def steer(self, style: Floats) -> None:
        """Tell ``style`` [G] to all samples from here on.

        Raises:
            EngineError: ``BAD_STYLE`` or ``NONFINITE``, before anything changes.
        """
        self._open().steer(_checked_style(style, self._styles))

    def reset(self) -> None:
        """Go back to the start, with no history; the style stays."""
        self._open().reset()

    def close(self) -> None:
        """Free the stream's memory; any later call but this one is refused."""
        self._stream = None

    def _open(self) -> EffectStream:
        if self._stream is None:
            raise EngineError(
                "SESSION_CLOSED", "this session was closed.", "Open a new one from the effect."
            )
        return self._stream


class Effect:
    """A feed-forward model ready to run: immutable, shared by any number of sessions and threads.

    Args:
        network: its weights, as a backend holds them.
        signature: what it takes and gives.
    """

    def __init__(self, network: EffectNetwork, signature: Signature) -> None:
        self.signature = signature
        self.isa = network.isa
        self.precision = network.precision
        self._network = network
        self._inputs = sum(port.channels for port in signature.inputs if port.rate == 1)
        self._outputs = sum(port.channels for port in signature.outputs)
        style = signature.port("style")
        self._styles = style.channels if style else 0

    def session(self, style: Floats | None = None) -> EffectSession:
        """Open a stream.

        Args:
            style: [G], what all layers are told; None if the model takes none.

        Raises:
            EngineError: ``BAD_STYLE`` or ``NONFINITE``.
        """
        told = _checked_style(np.empty(0, np.float32) if style is None else style, self._styles)
        stream, at_once = self._network.open(told), self._network.at_once
        return EffectSession(stream, at_once, self._inputs, self._outputs, self._styles)

    def answers(self, asked: Mapping[str, NDArray[Any]]) -> dict[str, Floats]:
        """The answers to an exam: ``values`` [P, C'], where ``positions`` of ``values`` ask."""
        values, session = asked["values"], self.session(asked.get("style"))
        channels = values.T if self._inputs > 1 else values[:, 0]
        out = np.empty((self._outputs, len(values)), np.float32)
        session.process(channels, out if self._outputs > 1 else out[0])
        return {"values": out.T[asked.get("positions", slice(None))]}


def _checked_style(style: Floats, channels: int) -> Floats:
    """A style vector as a backend takes it.

    Raises:
        EngineError: ``BAD_STYLE`` for another size, ``NONFINITE``.
    """
    if style.shape != (channels,):
        raise EngineError(
            "BAD_STYLE",
            f"the style has shape {style.shape}.",
            f"This model takes {channels} numbers." if channels else "This model takes none.",
        )
    told = np.require(style, np.float32, ["C", "A"])
    if not np.isfinite(told).all():
        raise EngineError(
            "NONFINITE",
            "the style holds a value that is not finite.",
            "Make it from clips that can be heard.",
        )
    return told
