"""Several processes that do one thing to many items, in the order of the items.

Processes are started fresh, not forked, so that none inherits a half-used decoder; each computes
with one thread, so that the numbers do not depend on how many there are; and each ends when the one
that started it is gone.
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
from itertools import islice
from multiprocessing.connection import wait
from typing import TypeVar

from whisperwave.errors import AudioError

Item = TypeVar("Item")
Result = TypeVar("Result")

_BATCH = 2  # items a message, so that small ones cost no wait
_AHEAD = 8  # batches a process that are asked for before the first is answered
_SETTINGS = {
    **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    # Memory of one file serves the next. Given back and asked for again, as glibc does with large
    # blocks, its pages would be cleared each time, which costs as much as half of the resampling.
    "MALLOC_MMAP_THRESHOLD_": str(32 * 1024**2),
    "MALLOC_TRIM_THRESHOLD_": str(256 * 1024**2),
}


def in_processes(
    work: Callable[[Item], Result], items: Iterable[Item], count: int
) -> Iterator[Result]:
    """What ``work`` makes of each item, in their order, by ``count`` processes; 0 is this one.

    Only a few items are under way at any time, so an endless source does no harm.

    Raises:
        AudioError: ``WORKER_DIED``, a process was ended from outside, as for want of memory.
    """
    if count == 0:
        yield from map(work, items)
        return
    source, context = iter(items), multiprocessing.get_context("spawn")
    with _settings(), ProcessPoolExecutor(count, context, _begin) as pool:
        waiting: deque[Future[list[Result]]] = deque()
        try:
            while batch := list(islice(source, _BATCH)):
                waiting.append(pool.submit(_do, work, batch))
                if len(waiting) >= count * _AHEAD:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        except BrokenProcessPool as error:
            raise AudioError(
                "WORKER_DIED", "A process that was preparing sounds was ended from outside.",
                "It may have wanted more memory than there is: use fewer with --workers, and run "
                "the same command again to go on.",
            ) from error  # fmt: skip
        finally:
            pool.shutdown(cancel_futures=True)


def _do(work: Callable[[Item], Result], batch: list[Item]) -> list[Result]:
    return [work(item) for item in batch]


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
def _settings() -> Iterator[None]:
    """Processes started meanwhile have `_SETTINGS`."""
    before = {name: os.environ.get(name) for name in _SETTINGS}
    os.environ.update(_SETTINGS)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
