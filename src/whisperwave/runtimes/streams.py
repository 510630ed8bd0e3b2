"""Sessions of one runtime played side by side: each weight is read once for all of them."""

from collections.abc import Sequence

import numpy as np

from whisperwave.errors import EngineError
from whisperwave.runtimes.buffers import check_output
from whisperwave.runtimes.network import Floats
from whisperwave.runtimes.session import Runtime, Session


class Streams:
    """Room for up to ``capacity`` sessions of a runtime that play together.

    Each session plays what it would play alone, bit for bit, whoever else plays and however many
    threads share the work. So sessions join and leave between any two calls, and one may also be
    played alone in between. Used by one thread at a time.

    Args:
        runtime: whose sessions play.
        capacity: how many at once, at most.
        threads: how many share the work; the caller's is one of them.

    Raises:
        EngineError: ``BAD_ENSEMBLE`` or ``BAD_THREADS``, a number out of range.
    """

    def __init__(self, runtime: Runtime, capacity: int, threads: int = 1) -> None:
        self._ensemble = runtime.ensemble(capacity, threads)

    def process(self, sessions: Sequence[Session], out: Sequence[Floats]) -> None:
        """Fill each of ``out`` with the next ``n`` samples of the session at its place.

        Interrupted by Ctrl-C, it leaves the same part of each unwritten, and the sessions usable.

        Args:
            sessions: of the runtime that this was made from; each once.
            out: for each session an array as `Session.process` takes it, all of one length.

        Raises:
            EngineError: ``BAD_ENSEMBLE``, too many sessions, one twice, one of another model, or
                not one array for each; otherwise as `Session.process`.
        """
        _check(sessions, out)
        if not sessions:
            return
        start, end, channels = 0, out[0].shape[-1], sessions[0].channels
        while start < end:
            count = min(session.announce(end - start) for session in sessions)
            played = np.empty((len(sessions), count * channels), np.float32)
            self._ensemble.process([session.stream for session in sessions], played)
            for session, whole, row in zip(sessions, out, played, strict=True):
                part = whole[..., start : start + count]
                part[:] = row.reshape(count, channels).T.reshape(part.shape)
                session.receive(part)
            start += count


def _check(sessions: Sequence[Session], out: Sequence[Floats]) -> None:
    for session, array in zip(sessions, out, strict=False):
        check_output(array, session.channels)
    lengths = {array.shape[-1] for array in out}
    if len(sessions) != len(out) or len(lengths) > 1:
        raise EngineError(
            "BAD_ENSEMBLE",
            f"{len(sessions)} sessions and {len(out)} outputs of {sorted(lengths)} samples.",
            "Give one output for each session, all of one length.",
        )
