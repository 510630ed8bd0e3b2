"""This process, or several that are started fresh.

They are not forked, so that none inherits a half-used decoder; each computes with one thread, so
that the numbers do not depend on how many there are; and each ends when the one that started it is
gone.
"""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import wait
from pathlib import Path

from whisperwave.errors import WorkerError
from whisperwave.workers.door import Item, Needs, Result, Work

THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
"""Variables that say how many threads libraries of numbers start."""

_AHEAD = 8  # batches a process that are asked for before the first is answered


@dataclass(frozen=True)
class Processes:
    """So many processes of this machine; 0 is this one, which makes results as they are asked for.

    They see what this one sees: needs are not asked.
    """

    count: int = 0

    def threads(self, asked: int | None) -> int | None:
        """One, where nobody has asked for more and there are several processes."""
        return asked if self.count == 0 else asked or 1

    def do(
        self,
        work: Work[Item, Result],
        items: Iterable[Item],
        folder: Path,  # noqa: ARG002 # it is the same one here
        needs: Callable[[Item], Needs],  # noqa: ARG002 # as above
        batch: int = 1,
    ) -> Iterator[Result]:
        """What comes of each item, in their order.

        Raises:
            WorkerError: ``WORKER_DIED``, a process was ended from outside, as for want of memory.
        """
        if self.count == 0:
            for item in items:
                yield from work(item)
            return
        source, context = iter(items), multiprocessing.get_context("spawn")
        with _one_thread_each(), ProcessPoolExecutor(self.count, context, _begin) as pool:
            waiting: deque[Future[list[Result]]] = deque()
            try:
                while some := list(islice(source, batch)):
                    waiting.append(pool.submit(_done, work, some))
                    if len(waiting) >= self.count * _AHEAD:
                        yield from waiting.popleft().result()
                while waiting:
                    yield from waiting.popleft().result()
            except BrokenProcessPool as error:
                raise WorkerError(
                    "WORKER_DIED", "A process that was at work was ended from outside.",
                    "It may have wanted more memory than there is: use fewer with --workers, and "
                    "run the same command again to go on.",
                ) from error  # fmt: skip
            finally:
                pool.shutdown(cancel_futures=True)


def _done(work: Work[Item, Result], items: list[Item]) -> list[Result]:
    return [result for item in items for result in work(item)]


def _begin() -> None:
    """Leave Ctrl-C to the parent, and go when it goes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Processes started meanwhile compute with one thread each."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
