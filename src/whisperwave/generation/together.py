"""Several pieces of one model at once: each weight is read once for all of them.

Each is the piece that it would be alone, byte for byte.
"""

import os
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from whisperwave.errors import EngineError, WhisperwaveError
from whisperwave.generation.instrument import Instrument
from whisperwave.generation.performance import Performance, performance_of
from whisperwave.generation.piece import Draw, finished_piece
from whisperwave.generation.playing import Passage, Player
from whisperwave.generation.rendering import Progress, silent
from whisperwave.generation.request import Request
from whisperwave.generation.result import Result
from whisperwave.generation.writing import check_output
from whisperwave.library import Clips
from whisperwave.runtimes import Streams


class Ensemble:
    """Players of one model that play side by side, a passage at a time.

    Whoever wants a passage of one player has all of them play theirs, which wait for being asked
    for. Used by one thread at a time.

    Args:
        players: of one runtime; each only here.
        threads: that share the work; None for one for each processor.
    """

    def __init__(self, players: Sequence[Player], threads: int | None = None) -> None:
        self._players = players
        self._awaited = [player.awaited() for player in players]
        self._played: list[deque[Passage]] = [deque() for _ in players]
        self._gone: set[int] = set()
        self._failed: dict[int, EngineError] = {}
        self._threads = threads or os.cpu_count() or 1
        self._streams: Streams | None = None
        self.seconds = 0.0
        """How long all the playing took."""

    def passages(self, index: int) -> Iterator[Passage]:
        """What one player plays, without an end.

        Raises:
            EngineError: ``NOT_FINITE``, from the place on where it is not; the others go on.
        """
        while True:
            while not self._played[index]:
                if index in self._failed:
                    raise self._failed[index]
                self._play()
            yield self._played[index].popleft()

    def leave(self, index: int) -> None:
        """A player whose piece is finished plays no more; what it has played is let go."""
        self._gone.add(index)
        self._played[index].clear()

    def _play(self) -> None:
        playing = [i for i in range(len(self._players)) if i not in self._gone | {*self._failed}]
        asked = [(index, next(self._awaited[index])) for index in playing]
        asked.sort(key=lambda each: each[1].audio.shape[-1])
        for _, same in groupby(asked, key=lambda each: each[1].audio.shape[-1]):
            self._play_side_by_side(list(same))

    def _play_side_by_side(self, asked: Sequence[tuple[int, Passage]]) -> None:
        """Have passages of one length played; the time is shared out evenly."""
        players = [self._players[index] for index, _ in asked]
        if self._streams is None:
            self._streams = Streams(players[0].runtime, len(self._players), self._threads)
        started = time.perf_counter()
        self._streams.process(
            [player.session for player in players], [passage.audio for _, passage in asked]
        )
        seconds = time.perf_counter() - started
        self.seconds += seconds
        for index, passage in asked:
            try:
                self._players[index].note_played(passage, seconds / len(asked))
                self._played[index].append(passage)
            except EngineError as error:
                self._failed[index] = error


def generate_together(
    requests: Sequence[Request],
    instrument: Instrument,
    library: Clips,
    threads: int | None = None,
    draw: Draw | None = None,
    progress: Progress = silent,
) -> Iterator[Result | WhisperwaveError]:
    """Make the pieces of several requests on one instrument; each is written as it is finished.

    A piece's seconds are its share of the playing, and what else was done for it alone.

    Args:
        requests: with the instrument's model, backend and precision.
        instrument: what plays.
        library: where the picked clips are.
        threads: that share the playing; None for one for each processor.
        draw: draws each finished sound, where not as the requests say.
        progress: told after every block of a piece.

    Yields:
        For each request in its turn the finished piece, or the error that stopped it alone.
    """
    begun = [_begun(request, instrument, library) for request in requests]
    playing = [each for each in begun if isinstance(each, _Begun)]
    ensemble = Ensemble([each.performance.player for each in playing], threads)
    for request, each in zip(requests, begun, strict=True):
        if isinstance(each, WhisperwaveError):
            yield each
            continue
        index = playing.index(each)
        clock = _Clock(each, ensemble)
        try:
            yield finished_piece(
                request,
                library,
                instrument,
                each.performance,
                elapsed=clock.seconds,
                passages=ensemble.passages(index),
                draw=draw,
                progress=progress,
            )
        except WhisperwaveError as error:
            yield error
        ensemble.leave(index)


@dataclass(frozen=True, eq=False)
class _Begun:
    """A performance that is ready, and how long that took."""

    performance: Performance
    seconds: float


def _begun(request: Request, instrument: Instrument, library: Clips) -> _Begun | WhisperwaveError:
    started = time.perf_counter()
    try:
        check_output(request.output)
        performance = performance_of(request, library, instrument)
    except WhisperwaveError as error:
        return error
    return _Begun(performance, time.perf_counter() - started)


class _Clock:
    """Measures what one piece took, from now on: what the others played meanwhile is theirs."""

    def __init__(self, begun: _Begun, ensemble: Ensemble) -> None:
        self._begun, self._ensemble = begun, ensemble
        self._started, self._played = time.perf_counter(), ensemble.seconds

    def seconds(self) -> float:
        """So far: beginning it, its share of the playing, and finishing it."""
        playing = self._ensemble.seconds - self._played
        alone = time.perf_counter() - self._started - playing
        return self._begun.seconds + self._begun.performance.player.seconds + alone
