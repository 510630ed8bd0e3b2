"""A stream: a programme that goes on, made while it is heard, into a sink."""

import math
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from threading import Event
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp.blocks import only_first, recut
from whisperwave.errors import ConfigError, WhisperwaveError, check_within
from whisperwave.generation.mastering import LARGEST_BOOST_DB, Mastering, finished, with_fades
from whisperwave.generation.performance import Performance, prepared, recipe_of
from whisperwave.generation.rendering import Progress, silent
from whisperwave.generation.request import Programme
from whisperwave.generation.result import Recipe
from whisperwave.generation.sinks import About, Sink
from whisperwave.generation.tags import tags_for
from whisperwave.library import Library, open_library
from whisperwave.runtimes.device import Heard

Floats = NDArray[np.float32]

STOPPED = "STOPPED"  # the code of a stream that never began
BLOCKS = (1, 65_536)
LONGEST_SECONDS = 30 * 86_400.0
_LAST_SECONDS = 0.02  # of a stream that is stopped, for its fade


@dataclass(frozen=True)
class Streamed:
    """What came of a stream.

    ``audio_seconds`` were taken; ``elapsed_seconds`` passed from the request on, and making the
    sound took ``working_seconds`` of them. ``ended`` is ``length``, ``stopped``, or ``output``
    where the sink took no more; ``heard`` says why.
    """

    audio_seconds: float
    elapsed_seconds: float
    working_seconds: float
    sample_rate: int
    channels: int
    gain_db: float
    ended: str
    heard: Heard
    recipe: Recipe

    @property
    def times_real_time(self) -> float:
        """Seconds of sound made in a second of work."""
        return self.audio_seconds / max(self.working_seconds, 1e-9)

    def as_mapping(self) -> dict[str, Any]:
        """One flat JSON-ready object."""
        facts = asdict(self)
        heard, recipe = facts.pop("heard"), facts.pop("recipe")
        return {**facts, "times_real_time": self.times_real_time, **heard, **recipe}

    def sentence(self) -> str:
        """What a person is told: length, time, speed, and how often it ran out."""
        gaps = self.heard.underruns + self.heard.late
        return (
            f"{self.audio_seconds:.1f} s of audio in {self.working_seconds:.1f} s of work, "
            f"{self.times_real_time:.1f}× real time, {gaps} underrun{'' if gaps == 1 else 's'}"
        )


def stream(
    programme: Programme,
    sink: Sink,
    seconds: float | None = None,
    block: int = 1024,
    library: Library | None = None,
    stop: Event | None = None,
    progress: Progress = silent,
) -> Streamed:
    """Play a programme into a sink until it ends or is stopped.

    An error in the middle ends the stream; what the sink has taken by then is kept.

    Args:
        programme: what to play.
        sink: where to.
        seconds: how long; None goes on without an end.
        block: samples that the sink is given at once; the sound does not depend on it.
        library: where the picked clips are; None opens the person's own.
        stop: ends the stream, faded, within the work for 50 ms of sound when it is set.
        progress: told at the beginning and after every block; the length is infinite where there is
            none.

    Raises:
        WhisperwaveError: of the kind that fits; ``STOPPED`` before the first sample.
    """
    if library is None:
        with open_library() as own:
            return stream(programme, sink, seconds, block, own, stop, progress)
    started = time.perf_counter()
    check_within("block", block, *BLOCKS, "samples")
    _check_length(seconds)
    instrument, performance = prepared(programme, library)
    live = _Live(performance, programme.mastering, seconds, stop or Event(), progress)
    precision = instrument.runtime.precision
    tags = tags_for(instrument.identity, precision, programme.seed, str(programme.picks))
    about = About(performance.channels, performance.sample_rate, tags, programme.seed)
    heard = sink.play(live.blocks(block), about, live.stop)
    if live.error:
        raise live.error
    return Streamed(
        audio_seconds=heard.samples / performance.sample_rate,
        elapsed_seconds=time.perf_counter() - started,
        working_seconds=live.working_seconds,
        sample_rate=performance.sample_rate,
        channels=performance.channels,
        gain_db=live.gain_db,
        ended=live.ended(heard),
        heard=heard,
        recipe=recipe_of(programme, library, instrument, performance),
    )


class _Live:
    """A performance that is finished as it goes: its loudness is known ahead, from its outline."""

    def __init__(
        self,
        performance: Performance,
        targets: Mastering,
        seconds: float | None,
        stop: Event,
        progress: Progress,
    ) -> None:
        self._performance, self._targets = performance, targets
        rate = performance.sample_rate
        self._samples = None if seconds is None else max(1, round(seconds * rate))
        self._seconds = math.inf if seconds is None else seconds
        missing = targets.loudness_lufs - performance.expected_lufs
        self.gain_db = min(missing, LARGEST_BOOST_DB)
        self.stop, self._progress = stop, progress
        self.error: WhisperwaveError | None = None
        self._working_seconds, self._begun = 0.0, False

    @property
    def working_seconds(self) -> float:
        """What making the sound took; the network has a thread of its own."""
        return max(self._working_seconds, self._performance.player.seconds)

    def blocks(self, size: int) -> Iterator[Floats]:
        """The stream, in blocks of ``size`` samples."""
        done, rate = 0, self._performance.sample_rate
        self._progress(0.0, self._seconds)
        for block in recut(self._until_stopped(self._timed(self._finished())), size):
            yield block
            done += block.shape[1]
            self._progress(done / rate, self._seconds)

    def ended(self, heard: Heard) -> str:
        """Why it did."""
        if heard.full:
            return "output"
        return "stopped" if self.stop.is_set() else "length"

    def _finished(self) -> Iterator[Floats]:
        performance, samples = self._performance, self._samples
        rate, channels = performance.sample_rate, performance.channels
        made: Iterable[Floats] = performance.blocks(going=lambda: not self.stop.is_set())
        if samples is not None:
            made = only_first(made, samples)
        faded = with_fades(made, rate, self._targets, samples)
        return finished(faded, channels, rate, self._targets, self.gain_db)

    def _until_stopped(self, blocks: Iterable[Floats]) -> Iterator[Floats]:
        """The sound, and after the stop a short fade."""
        for block in blocks:
            if self.stop.is_set():
                yield _faded_away(block, round(_LAST_SECONDS * self._performance.sample_rate))
                return
            yield block

    def _timed(self, blocks: Iterator[Floats]) -> Iterator[Floats]:
        """Measures what is worked on between two blocks; an error after the first is kept."""
        while True:
            started = time.perf_counter()
            try:
                block = next(blocks, None)
            except WhisperwaveError as error:
                if not self._begun:
                    raise
                self.error = error
                return
            finally:
                self._working_seconds += time.perf_counter() - started
            if block is None and not self._begun:
                raise WhisperwaveError(
                    STOPPED, "the stream was stopped before its first sample.",
                    "Nothing was written.",
                )  # fmt: skip
            if block is None:
                return
            self._begun = True
            yield block


def _faded_away(block: Floats, samples: int) -> Floats:
    """The beginning of a block, as the end of a sound."""
    last = block[:, :samples]
    phase = (np.arange(last.shape[1]) + 0.5) / last.shape[1]
    fall = 0.5 + 0.5 * np.cos(np.pi * phase)
    return np.asarray(last * fall, np.float32)


def _check_length(seconds: float | None) -> None:
    if seconds is not None and not 0.0 < seconds <= LONGEST_SECONDS:
        raise ConfigError(
            "BAD_LENGTH", f"a length of {seconds:g} seconds is not possible.",
            "Use more than 0, or leave it out for a stream without an end.",
        )  # fmt: skip
