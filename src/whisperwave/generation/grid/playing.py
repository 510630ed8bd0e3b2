"""Some cells of a checkpoint played side by side, by whoever does the work, and kept."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from whisperwave import reports
from whisperwave.errors import OutputError, WhisperwaveError
from whisperwave.generation.grid import cells
from whisperwave.generation.grid.cells import Cell, Missing
from whisperwave.generation.grid.checkpoints import Checkpoint
from whisperwave.generation.instrument import Instrument, ready
from whisperwave.generation.mastering import Mastered
from whisperwave.generation.request import Request
from whisperwave.generation.together import generate_together
from whisperwave.library import Lent
from whisperwave.workers import Needs


@dataclass(frozen=True)
class Model:
    """A checkpoint that is to be played; who is sent it makes it ready again."""

    checkpoint: Checkpoint
    backend: str
    precision: str

    @cached_property
    def instrument(self) -> Instrument:
        """The checkpoint, ready to play.

        Raises:
            WhisperwaveError: it cannot be.
        """
        return ready(self.checkpoint.path, self.backend, precision=self.precision)

    def __reduce__(self) -> tuple[type["Model"], tuple[Checkpoint, str, str]]:
        """Another machine plays it with the precision that was chosen here."""
        return Model, (self.checkpoint, self.backend, self.instrument.runtime.precision)


@dataclass(frozen=True)
class Wanted:
    """A cell that is to be made, with its key and the piece that it holds."""

    style: str
    key: str
    piece: Request


@dataclass(frozen=True)
class Band:
    """Cells of one checkpoint that are played at once, with the clips that they take after."""

    model: Model
    wanted: tuple[Wanted, ...]
    clips: Lent

    def needs(self, threads: int | None) -> Needs:
        """The model's file and the clips', and a core a thread."""
        reads = (self.model.checkpoint.path, *self.clips.paths.values())
        return Needs(tuple(path.absolute() for path in reads), cores=threads or 1)


@dataclass(frozen=True)
class Playing:
    """Plays bands, each with so many threads; None for one for each processor."""

    threads: int | None

    def __call__(self, band: Band) -> Iterator[Cell | Missing]:
        """Give each cell when it is finished, or why it is not made.

        Raises:
            OutputError: it cannot be written; the next one would find the same disk.
        """
        name, instrument = band.model.checkpoint.name, band.model.instrument
        pieces = [each.piece for each in band.wanted]
        made = generate_together(pieces, instrument, band.clips, self.threads, draw=_draw_small)
        for each, result in zip(band.wanted, made, strict=True):
            if isinstance(result, OutputError):
                raise result
            if isinstance(result, WhisperwaveError):
                yield Missing(each.style, name, result)
            else:
                yield cells.keep(result, each.style, name, each.key)


def _draw_small(request: Request, mastered: Mastered) -> tuple[Path, ...]:
    audio = np.concatenate(list(mastered.blocks()), axis=1)
    path = request.output.with_suffix(".png")
    reports.write_small_spectrogram_png(path, audio, mastered.sample_rate)
    return (path,)
