"""Sound that comes in blocks ``[C, n]``: cut anew, and worked on a step ahead."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Thing = TypeVar("Thing")


def recut(blocks: Iterable[Floats], size: int) -> Iterator[Floats]:
    """The same sound in blocks of ``size`` samples; the last one may be shorter."""
    waiting: list[Floats] = []
    have = 0
    for block in blocks:
        waiting.append(block)
        have += block.shape[-1]
        if have >= size:
            joined = np.concatenate(waiting, axis=-1)
            whole = have - have % size
            yield from (joined[..., at : at + size] for at in range(0, whole, size))
            waiting, have = [joined[..., whole:]], have % size
    if have:
        yield np.concatenate(waiting, axis=-1)


def without_first(blocks: Iterable[Floats], samples: int) -> Iterator[Floats]:
    """The sound after its first samples: those that a filter gives before it has heard anything."""
    for block in blocks:
        skipped = min(samples, block.shape[-1])
        samples -= skipped
        if skipped < block.shape[-1]:
            yield block[..., skipped:]


def only_first(blocks: Iterable[Floats], samples: int) -> Iterator[Floats]:
    """The first samples of a sound; the rest is not asked for."""
    for block in blocks:
        yield block[..., :samples]
        samples -= block.shape[-1]
        if samples <= 0:
            return


def made_ahead(things: Iterable[Thing], count: int) -> Iterator[Thing]:
    """The same things; while one is being used, another thread makes the next ``count``.

    When nobody wants more of them, the one in the making is waited for.
    """
    source, ended = iter(things), object()
    worker = ThreadPoolExecutor(1)
    try:
        coming = deque(worker.submit(next, source, ended) for _ in range(count))
        while (thing := coming.popleft().result()) is not ended:
            coming.append(worker.submit(next, source, ended))
            yield thing  # type: ignore[misc] # what marks the end does not come here
    finally:
        worker.shutdown(cancel_futures=True)
