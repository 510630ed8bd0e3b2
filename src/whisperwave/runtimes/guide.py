"""A guide: what a model is told while it plays, sample by sample, and what filters its output."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from whisperwave.errors import EngineError
from whisperwave.runtimes.predictors import Doubles, Predictors
from whisperwave.shapes import Port, Signature

Floats = NDArray[np.float32]


class Guide:
    """The style of a stream, and the frames of controls and predictors that go by while it plays.

    Args:
        signature: says how long a style is, how many controls there are and how long a frame lasts.
        style: the style vector [G], or None for a model that takes none.
        controls: [K, F], frame f for samples f·hop to (f+1)·hop; None leaves a model that takes
            controls to itself, for as long as it plays.
        lags: autocorrelations [P + 1, F] for a model of excitations; without them it can foretell
            classes, but not play.

    Raises:
        EngineError: ``BAD_STYLE``, ``BAD_CONTROLS`` or ``BAD_LAGS`` for another size,
            ``NONFINITE``.
    """

    def __init__(
        self,
        signature: Signature,
        style: Floats | None = None,
        controls: Floats | None = None,
        lags: Doubles | None = None,
    ) -> None:
        port = signature.port("control")
        self._signature = signature
        self._style = _style(style, signature.port("style"))
        self._controls = _controls(controls, port)
        self._predictors = None if lags is None else Predictors.of(signature, lags)
        self._hop_length = port.rate if port else 1
        self._told = controls is not None
        self._changes = self._told or lags is not None

    @property
    def first(self) -> Floats:
        """What the first sample is told, [G + K]."""
        return self._frame(0)

    @property
    def held(self) -> "Guide":
        """The same style and no controls: a guide without an end."""
        return Guide(self._signature, self._style)

    @property
    def predictors(self) -> Predictors | None:
        """The filters of the stream; None for a model of the sound itself.

        Raises:
            EngineError: ``BAD_LAGS``, a model of excitations was given none.
        """
        if self._predictors is None and self._signature.port("predictor"):
            raise EngineError(
                "BAD_LAGS",
                "this model plays excitations, and the guide has nothing to filter them by.",
                "Give it the autocorrelation of a sound.",
            )
        return self._predictors

    def frame_of(self, position: int) -> int:
        """The frame that holds for a sample; 0 for all where nothing changes."""
        return position // self._hop_length if self._changes else 0

    def cut(self, start: int, count: int, most: int) -> Iterator[tuple[slice, Floats | None]]:
        """Samples ``start`` to ``start + count`` in pieces that are told one thing each.

        Yields:
            A slice that counts from ``start``, of at most ``most`` samples, and the condition
            [G + K] that holds there, or None where the one before still does.

        Raises:
            EngineError: ``CONTROLS_ENDED``, the samples go beyond the last frame.
        """
        position, told, end = start, -1, start + count
        while position < end:
            frame = self.frame_of(position)
            frame_end = (frame + 1) * self._hop_length if self._changes else end
            stop = min(position + most, frame_end, end)
            condition = None if frame == told else self._frame(frame)
            yield slice(position - start, stop - start), condition
            position, told = stop, frame

    def rows(self, start: int, count: int) -> Floats:
        """What samples ``start`` to ``start + count`` are told, [count, G + K].

        Raises:
            EngineError: ``CONTROLS_ENDED``, the samples go beyond the last frame.
        """
        told = np.empty((count, len(self.first)), np.float32)
        for part, condition in self.cut(start, count, count):
            told[part] = condition  # uncut by length, each piece is told something new
        return told

    def _frame(self, index: int) -> Floats:
        if not self._told:
            index = 0
        if index >= self._controls.shape[1]:
            raise EngineError(
                "CONTROLS_ENDED",
                f"sample {index * self._hop_length} lies beyond the last of "
                f"{self._controls.shape[1]} frames.",
                "Give controls for the whole piece.",
            )
        return np.concatenate([self._style, self._controls[:, index]])


def _style(style: Floats | None, port: Port | None) -> Floats:
    wanted = port.channels if port else 0
    vector = np.require(np.empty(0) if style is None else style, np.float32, ["C", "A"])
    if vector.shape != (wanted,):
        raise EngineError(
            "BAD_STYLE",
            f"the style has shape {vector.shape}.",
            f"This model takes {wanted} numbers.",
        )
    return _finite(vector, "style holds")


def _controls(controls: Floats | None, port: Port | None) -> Floats:
    """[K, F]; without controls one frame of zeros, which training calls unknown."""
    wanted = port.channels if port else 0
    if controls is None:
        return np.zeros((wanted, 1), np.float32)
    frames = np.asarray(controls, np.float32)
    if frames.ndim != 2 or len(frames) != wanted or wanted == 0:
        raise EngineError(
            "BAD_CONTROLS",
            f"the controls have shape {frames.shape}.",
            f"This model takes {wanted} numbers for each frame."
            if wanted
            else "This model takes none.",
        )
    return _finite(frames, "controls hold")


def _finite(values: Floats, what: str) -> Floats:
    if not np.isfinite(values).all():
        raise EngineError(
            "NONFINITE", f"the {what} a value that is not finite.", "Make it from clips."
        )
    return values
