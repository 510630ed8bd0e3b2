"""The linear predictors of a stream, frame by frame, made when they are first needed."""

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp.prediction import excitation, predictors
from whisperwave.errors import EngineError
from whisperwave.shapes import Signature

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]

_AT_ONCE = 64  # frames: the recursion over orders costs little more for many than for one


class Predictors:
    """What foretells each sample of a stream from those before it.

    Args:
        lags: autocorrelations [P + 1, F], frame f for samples f·hop to (f+1)·hop.
        order: how many samples the model looks back.
        hop_length: samples in a frame.

    Raises:
        EngineError: ``BAD_LAGS`` for another number of lags, ``NONFINITE``.
    """

    def __init__(self, lags: Doubles, order: int, hop_length: int) -> None:
        self._lags = _checked(lags, order)
        self.hop_length = hop_length
        self._first = 0
        self._made = np.empty((0, order)), np.empty(0)

    @classmethod
    def of(cls, signature: Signature, lags: Doubles) -> "Predictors":
        """Those that a model of excitations is played through.

        Raises:
            EngineError: ``BAD_LAGS``, also for a model of the sound itself; ``NONFINITE``.
        """
        port = signature.port("predictor")
        if port is None:
            raise EngineError(
                "BAD_LAGS", "this model plays the sound itself.", "Give it no autocorrelation."
            )
        return cls(lags, port.channels - 1, port.rate)

    def at(self, position: int) -> tuple[Doubles, float]:
        """The coefficients [P], newest first, and the size of the excitation at a sample.

        Raises:
            EngineError: ``CONTROLS_ENDED``, the sample lies beyond the last frame; ``BAD_LAGS``,
                what it was made from is the autocorrelation of no sound.
        """
        frame = position // self.hop_length
        if not self._first <= frame < self._first + len(self._made[1]):
            self._make(frame)
        coefficients, sizes = self._made
        return coefficients[frame - self._first], float(sizes[frame - self._first])

    def excite(self, audio: Floats, before: Floats) -> Floats:
        """What drives the filters, from the first frame on, to give ``audio`` [T].

        Raises:
            EngineError: ``CONTROLS_ENDED``, the audio goes on after the last frame; ``BAD_LAGS`` as
                for `at`.
        """
        frames = -(-len(audio) // self.hop_length)
        if frames > self._lags.shape[1]:
            raise _ended(self._lags.shape[1], self.hop_length)
        with np.errstate(all="ignore"):
            driving = excitation(audio, self._lags[:, :frames], self.hop_length, before)
        if not np.isfinite(driving).all():
            raise _of_no_sound()
        return driving

    def _make(self, frame: int) -> None:
        if frame >= self._lags.shape[1]:
            raise _ended(frame, self.hop_length)
        with np.errstate(all="ignore"):
            coefficients, sizes = predictors(self._lags[:, frame : frame + _AT_ONCE])
        if not (np.isfinite(coefficients).all() and np.isfinite(sizes).all()):
            raise _of_no_sound()
        self._first, self._made = frame, (coefficients, sizes)


def _ended(frames: int, hop_length: int) -> EngineError:
    return EngineError(
        "CONTROLS_ENDED",
        f"sample {frames * hop_length} lies beyond the last frame of the autocorrelation.",
        "Give controls for the whole piece.",
    )


def _of_no_sound() -> EngineError:
    return EngineError(
        "BAD_LAGS",
        "the autocorrelation is that of no sound: its filter cannot be made.",
        "Make it from clips: no lag may be larger than lag 0.",
    )


def _checked(lags: Doubles, order: int) -> Doubles:
    frames = np.asarray(lags, np.float64)
    if frames.ndim != 2 or len(frames) != order + 1:
        raise EngineError(
            "BAD_LAGS",
            f"the autocorrelation has shape {frames.shape}.",
            f"This model takes {order + 1} lags for each frame.",
        )
    if not np.isfinite(frames).all():
        raise EngineError(
            "NONFINITE",
            "the autocorrelation holds a value that is not finite.",
            "Make it from clips.",
        )
    return frames
