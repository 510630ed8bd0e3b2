"""What a machine of a cluster is asked to do, and whether it can: it must see what we see."""

import os
import platform
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic
from uuid import uuid4

from whisperwave import __version__
from whisperwave.errors import WorkerError
from whisperwave.library import durable
from whisperwave.workers.door import Item, Result, Work


@dataclass(frozen=True)
class Witness:
    """A file beside what is written; who cannot read it writes elsewhere."""

    path: Path
    text: str

    def is_seen(self) -> bool:
        """Whether it can be read here."""
        try:
            return self.path.read_text(encoding="ascii") == self.text
        except (OSError, UnicodeDecodeError):
            return False


@contextmanager
def witness(folder: Path) -> Iterator[Witness]:
    """Put a witness into a folder for a while; the folder is made if it is not there.

    Raises:
        OutputError: it cannot be written there.
    """
    text = uuid4().hex
    path = durable.temporary_name(folder.resolve() / f"witness-{text}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise durable.explain(error, folder) from error
    durable.sweep(folder)  # of the witnesses of commands that were killed
    durable.write_bytes(path, text.encode("ascii"))
    try:
        yield Witness(path, text)
    finally:
        path.unlink(missing_ok=True)


@dataclass(frozen=True)
class Unseen:
    """A file that an item needs and that a machine does not see."""

    path: Path
    machine: str


@dataclass(frozen=True)
class Order(Generic[Item, Result]):
    """What is to be done to every item.

    Attributes:
        work: done to each.
        witness: of the folder that it writes into.
        here: the folder that names of files are meant from.
        version: of the package that gives the order; another would make other bytes.
    """

    work: Work[Item, Result]
    witness: Witness
    here: Path = field(default_factory=Path.cwd)
    version: str = __version__

    def carry_out(
        self, batch: Sequence[tuple[Item, tuple[Path, ...]]]
    ) -> list[list[Result] | Unseen]:
        """Do the work to some items, each with what it reads, on the machine where this is called.

        Raises:
            WorkerError: ``OTHER_VERSION`` or ``NOT_SHARED``.
            WhisperwaveError: raised by the work.
        """
        self._check()
        return [self._done(item, reads) for item, reads in batch]

    def _done(self, item: Item, reads: Sequence[Path]) -> list[Result] | Unseen:
        for path in reads:
            if not path.exists():
                return Unseen(path, platform.node())
        return list(self.work(item))

    def _check(self) -> None:
        if self.version != __version__:
            raise WorkerError(
                "OTHER_VERSION",
                f"{platform.node()!r} has whisperwave {__version__}, and not {self.version}.",
                "Install the same version on every node.",
            )
        try:
            os.chdir(self.here)
        except OSError as error:
            raise not_shared(self.here, platform.node()) from error
        if not self.witness.is_seen():
            raise not_shared(self.witness.path.parent, platform.node())


def not_shared(path: Path, machine: str) -> WorkerError:
    """The error for a machine that does not see a file or a folder which is here."""
    return WorkerError(
        "NOT_SHARED",
        f"{machine!r}, a node of the cluster, does not see {str(path)!r}, or sees another one.",
        "Put the sounds, the models and the output into a folder that all nodes share under one "
        "name, and run the command in there.",
    )


def results_of(answers: Sequence[Any], batch: Sequence[Item], work: Work[Item, Result]) -> Any:
    """What came of a batch; an item whose file is nowhere is worked on here, to fail as it does.

    Raises:
        WorkerError: ``NOT_SHARED``.
    """
    for item, answer in zip(batch, answers, strict=True):
        if not isinstance(answer, Unseen):
            yield from answer
        elif answer.path.exists():
            raise not_shared(answer.path, answer.machine)
        else:
            yield from work(item)
