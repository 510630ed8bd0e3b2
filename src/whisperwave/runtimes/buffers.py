"""Arrays that a caller hands over: audio of one channel is ``[T]``, of several ``[C, T]``."""

import numpy as np

from whisperwave.errors import EngineError
from whisperwave.runtimes.network import Floats


def check_input(audio: Floats, channels: int, what: str) -> None:
    """Refuse what is no audio of ``channels``, or not finite.

    Args:
        audio: floating-point numbers of any size.
        channels: how many are expected.
        what: its name in the error.

    Raises:
        EngineError: ``BAD_BUFFER`` or ``NONFINITE``.
    """
    if not (_has_channels(audio, channels) and np.issubdtype(audio.dtype, np.floating)):
        raise EngineError(
            "BAD_BUFFER",
            f"the {what} has shape {audio.shape} and type {audio.dtype}.",
            f"Give floating-point samples {_shape(channels)}.",
        )
    if not np.isfinite(audio).all():
        raise EngineError(
            "NONFINITE", f"the {what} holds a sample that is not finite.", "Repair the clip first."
        )


def check_output(out: Floats, channels: int) -> None:
    """Refuse what audio cannot be written to.

    Raises:
        EngineError: ``BAD_BUFFER``.
    """
    fits = _has_channels(out, channels) and out.dtype == np.float32 and out.flags.c_contiguous
    if not (fits and out.flags.aligned and out.flags.writeable):
        raise EngineError(
            "BAD_BUFFER",
            f"the output has shape {out.shape} and type {out.dtype}.",
            f"Give a writable, contiguous float32 array {_shape(channels)}.",
        )


def _has_channels(audio: Floats, channels: int) -> bool:
    return audio.ndim == 1 if channels == 1 else audio.ndim == 2 and len(audio) == channels


def _shape(channels: int) -> str:
    return "of one dimension" if channels == 1 else f"of {channels} rows, one a channel"
