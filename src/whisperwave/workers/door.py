"""The one door to all who do work, so that what is to be done never asks where."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

Work = Callable[[Item], Iterable[Result]]
"""What is done to an item, and what comes of it: nothing, one thing or several. A value, which any
process may have a copy of; what goes wrong with an item alone is a result, not raised."""


@dataclass(frozen=True)
class Needs:
    """What an item needs of the machine that works on it.

    Attributes:
        reads: files and folders that it must see.
        cores: that compute for it; it takes no more threads.
        gpu: a graphics processor is for it alone, where there are any.
    """

    reads: tuple[Path, ...] = ()
    cores: int = 1
    gpu: bool = False


class Workers(Protocol):
    """Those who do the work; the bytes of what they make do not depend on who they are."""

    def threads(self, asked: int | None) -> int | None:
        """How many threads an item may take, None for as many as there are processors.

        Args:
            asked: by a person; None for not said.
        """

    def do(
        self,
        work: Work[Item, Result],
        items: Iterable[Item],
        folder: Path,
        needs: Callable[[Item], Needs],
        batch: int = 1,
    ) -> Iterator[Result]:
        """What comes of each item, in their order.

        Only some items are under way at any time, so an endless source does no harm.

        Args:
            work: done to each item.
            items: may be made as they are asked for.
            folder: that the work writes into; made if it is not there.
            needs: of an item.
            batch: items that are handed out together, for small ones to cost no wait.

        Raises:
            WorkerError: those who do the work cannot go on.
            WhisperwaveError: raised by the work, which stops all.
        """
