"""Making a grid: for each checkpoint the cells that are missing, many at once, then the page."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from pathlib import Path
from typing import Any

from whisperwave.errors import WhisperwaveError, check_within
from whisperwave.generation.grid import cells
from whisperwave.generation.grid.cells import Cell, Missing
from whisperwave.generation.grid.checkpoints import ALL, Checkpoint, find_checkpoints
from whisperwave.generation.grid.likeness import Listener, listeners
from whisperwave.generation.grid.page import write_page
from whisperwave.generation.grid.playing import Band, Model, Playing, Wanted
from whisperwave.generation.grid.voices import voices_of
from whisperwave.generation.instrument import Instrument
from whisperwave.generation.mastering import Mastering
from whisperwave.generation.picks import ClassName, Picks
from whisperwave.generation.request import Length, Request
from whisperwave.library import Library, durable
from whisperwave.runtimes import Sampling
from whisperwave.workers import Processes, Workers

Progress = Callable[[float, float], None]
"""Told after each cell: how many are finished, and how many there will be, as far as is known."""

MOST_AT_ONCE = 256
NUMBERS = "grid.json"
"""The grid's figures, beside its page."""


@dataclass(frozen=True)
class GridRequest:
    """A grid: which models, which of their classes, how long each sound, into which folder.

    ``at_once`` cells of a checkpoint are played side by side; ``suffix`` names the format.
    ``data``, a folder of sounds or a prepared set, is what classes are compared with.
    """

    sources: tuple[str, ...]
    folder: Path
    _: KW_ONLY
    classes: tuple[str, ...] = (ALL,)
    checkpoints: tuple[str, ...] = (ALL,)
    seconds: float = 5.0
    seed: int = 1
    sampling: Sampling = field(default_factory=Sampling)
    mastering: Mastering = field(default_factory=Mastering)
    wide: bool = True
    backend: str = "native"
    precision: str = "auto"
    suffix: str = ".flac"
    at_once: int = 16
    threads: int | None = None
    data: Path | None = None

    def __post_init__(self) -> None:
        check_within("at once", self.at_once, 1, MOST_AT_ONCE, "cells")
        Length(self.seconds)


@dataclass(frozen=True, eq=False)
class Grid:
    """What came of a grid; ``made`` cells are new, the others were there before."""

    page: Path
    checkpoints: tuple[Checkpoint, ...]
    cells: tuple[Cell, ...]
    missing: tuple[Missing, ...]
    made: int

    def as_mapping(self) -> dict[str, Any]:
        """All of it, ready for JSON."""
        return {
            "page": str(self.page),
            "checkpoints": [{"name": c.name, "step": c.step} for c in self.checkpoints],
            "made": self.made,
            "kept": len(self.cells) - self.made,
            "cells": [
                {"class": c.style, "checkpoint": c.checkpoint, "sound": c.sound,
                 "picture": c.picture, **c.figures,
                 **(c.likeness.as_mapping() if c.likeness else {})}
                for c in self.cells
            ],
            "missing": [
                {"class": m.style, "checkpoint": m.checkpoint, **m.error.as_mapping()}
                for m in self.missing
            ],
        }  # fmt: skip


def make_grid(
    request: GridRequest,
    library: Library,
    progress: Progress = lambda _done, _total: None,
    workers: Workers | None = None,
) -> Grid:
    """Make every cell that is not there yet, and the page.

    A checkpoint that cannot be read, or a class that it cannot play, costs its cells alone. Stopped
    or killed, it loses the cells that are being played at once; the same request goes on there.

    Args:
        request: what to make.
        library: has the clips.
        progress: told after each cell.
        workers: who plays; None for this process.

    Raises:
        ConfigError, ModelFileError: a source or a checkpoint that there is not; or the data do
            not fit the models.
        AudioError: no sound of the data can be read.
        OutputError: the folder cannot be written.
        WorkerError: those who play cannot go on.
    """
    checkpoints = find_checkpoints(request.sources, request.checkpoints)
    heard_by = listeners(request.data, checkpoints, request.mastering) if request.data else {}
    _prepare(request.folder / cells.SOUNDS)
    workers = workers or Processes()
    threads = workers.threads(request.threads)
    grid = _Making(request, library, len(checkpoints), heard_by, progress)
    try:
        bands = grid.bands(checkpoints)
        for each in workers.do(
            Playing(threads), bands, request.folder, lambda band: band.needs(threads)
        ):
            grid.take(each)
    finally:
        page = write_page(request.folder, _title(request), checkpoints, grid.cells, grid.missing)
    durable.sweep(request.folder / cells.SOUNDS)  # what players that died have begun
    made = Grid(page, checkpoints, tuple(grid.cells), tuple(grid.missing), grid.made)
    text = json.dumps(made.as_mapping(), indent=1, allow_nan=False)
    durable.write_bytes(request.folder / NUMBERS, text.encode("utf-8"))
    return made


class _Making:
    """The cells so far."""

    def __init__(
        self,
        request: GridRequest,
        library: Library,
        columns: int,
        heard_by: Mapping[str, Listener],
        progress: Progress,
    ) -> None:
        self.cells: list[Cell] = []
        self.missing: list[Missing] = []
        self.made = 0
        self._request, self._library, self._progress = request, library, progress
        self._heard_by = heard_by
        self._columns_left, self._seen, self._expected = columns, 0, 0

    def bands(self, checkpoints: Sequence[Checkpoint]) -> Iterator[Band]:
        """What is to be played; cells that are there are taken in passing."""
        for checkpoint in checkpoints:
            model = Model(checkpoint, self._request.backend, self._request.precision)
            wanted = list(self._wanted(model))
            for first in range(0, len(wanted), self._request.at_once):
                some = tuple(wanted[first : first + self._request.at_once])
                yield Band(model, some, self._library.lend(_numbers(some)))

    def take(self, made: Cell | Missing) -> None:
        """Note what a player has made."""
        if isinstance(made, Missing):
            self.missing.append(made)
        else:
            self.made += 1
            self._finish(made)

    def _wanted(self, model: Model) -> Iterator[Wanted]:
        """The cells of a checkpoint that are not there yet."""
        name = model.checkpoint.name
        try:
            instrument = model.instrument
        except WhisperwaveError as error:
            self.missing.append(Missing("", name, error))
            self._expect(0)
            return
        voices = voices_of(instrument, self._library, self._request.classes)
        self._expect(len(voices))
        for style, voice in voices.items():
            if isinstance(voice, WhisperwaveError):
                self.missing.append(Missing(style, name, voice))
                continue
            each = self._cell(model.checkpoint, instrument, style, voice)
            there = cells.kept(each.piece.output, style, name, each.key)
            if there:
                self._finish(there)
            else:
                yield each

    def _cell(
        self, checkpoint: Checkpoint, instrument: Instrument, style: str, voice: Picks | ClassName
    ) -> Wanted:
        asked = self._request
        piece = Request(
            voice,
            asked.folder,
            Length(asked.seconds),
            seed=asked.seed,
            model=str(checkpoint.path),
            sampling=asked.sampling,
            mastering=asked.mastering,
            wide=asked.wide,
            backend=asked.backend,
            precision=asked.precision,
        )
        key = cells.key_of(piece, instrument, self._library)
        place = cells.place_of(asked.folder, style, checkpoint.name, key, asked.suffix)
        return Wanted(style, key, replace(piece, output=place))

    def _expect(self, voices: int) -> None:
        """The checkpoints to come are expected to have as many classes as this one."""
        self._columns_left -= 1
        self._seen += voices
        self._expected = self._seen + voices * self._columns_left

    def _finish(self, cell: Cell) -> None:
        listener = self._heard_by.get(cell.checkpoint)
        if listener:
            likeness = listener(self._request.folder / cell.sound, cell.style)
            cell = replace(cell, likeness=likeness)
        self.cells.append(cell)
        self._progress(len(self.cells), self._expected)


def _numbers(wanted: Sequence[Wanted]) -> set[int]:
    """The clips that some cells take after."""
    every = (each.piece.picks for each in wanted)
    return {pick.number for picks in every if isinstance(picks, Picks) for pick in picks}


def _prepare(folder: Path) -> None:
    """Make the folder of the cells, and clear away what killed writers have left there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise durable.explain(error, folder) from error
    durable.sweep(folder)
    durable.sweep(folder.parent)


def _title(request: GridRequest) -> str:
    names = (Path(source).resolve().name for source in request.sources)
    return f"Every class, every checkpoint: {', '.join(names)}"
