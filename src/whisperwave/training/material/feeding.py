"""Batches in the order of their numbers, whatever happens to the processes that make them."""

import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset, Subset

from whisperwave.errors import TrainingError

TIMEOUT_SECONDS = 60.0
_LOSSES = 3  # of workers in a row, without a batch between them
_SIGNS = ("DataLoader worker", "DataLoader timed out")

Batch = dict[str, torch.Tensor]


class Feed:
    """An iterable of batches for Lightning.

    A worker that dies or says nothing for a minute is noticed; new ones go on at the batch that was
    due. Crops are decided by their numbers, so the batches are the same with any number of workers.

    Args:
        crops: in the order in which they are served.
        size: of a batch.
        workers: processes that make crops ahead; 0 makes them in this one.
        report: is told of losses.
        timeout_seconds: how long a worker may be silent.
    """

    def __init__(
        self,
        crops: Dataset[Any],
        size: int,
        workers: int,
        report: Callable[[dict[str, Any]], None],
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self._crops = crops
        self._size = size
        self._workers = workers
        self._report = report
        self._timeout_seconds = timeout_seconds

    def __len__(self) -> int:
        return -(-len(self._crops) // self._size)  # type: ignore[arg-type] # ours have a length

    def __iter__(self) -> Iterator[Batch]:
        """Every batch once, in order.

        Raises:
            TrainingError: ``WORKERS_LOST``, several in a row.
        """
        served, losses = 0, 0
        while served < len(self):
            try:
                for batch in self._batches(served):
                    yield batch
                    served, losses = served + 1, 0
            except (RuntimeError, OSError, EOFError) as error:
                if not self._is_loss(error):
                    raise
                losses += 1
                self._report({"event": "worker_lost", "reason": _reason(error)})
                if losses == _LOSSES:
                    raise TrainingError(
                        "WORKERS_LOST",
                        f"{losses} times in a row the processes that cut crops were lost: "
                        f"{_reason(error)}",
                        "Run again with trainer.workers=0; memory may be short.",
                    ) from error

    def _is_loss(self, error: BaseException) -> bool:
        """Whether a worker has gone, and not a crop that cannot be cut, which a worker passes on.

        One that dies while it hands a batch over breaks the connection.
        """
        if isinstance(error, RuntimeError):
            return str(error).startswith(_SIGNS)
        return self._workers > 0 and not str(error).startswith("Caught ")

    def _batches(self, served: int) -> Iterator[Batch]:
        """The batches from a place on, each time by new workers."""
        length = len(self._crops)  # type: ignore[arg-type] # ours have a length
        rest = Subset(self._crops, range(served * self._size, length))
        loader: DataLoader[Any] = DataLoader(
            rest,
            self._size,
            num_workers=self._workers,
            timeout=self._timeout_seconds if self._workers else 0,
            generator=torch.Generator(),  # else each epoch would draw from the run's own
        )
        return _undisturbed(loader)


def _reason(error: BaseException) -> str:
    """What an error says first; a broken connection says nothing, and is named."""
    return str(error).partition("\n")[0] or type(error).__name__


def _undisturbed(loader: DataLoader[Any]) -> Iterator[Batch]:
    """The loader's batches, without its signal handler.

    That would raise the death of a worker in the middle of a step; the loader sees it anyway, when
    it next waits for a batch.
    """
    main = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGCHLD) if main else None
    batches = iter(loader)
    if main:
        signal.signal(signal.SIGCHLD, before or signal.SIG_DFL)
    return batches
