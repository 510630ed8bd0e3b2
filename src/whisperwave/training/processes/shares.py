"""Which crops of a run are whose: every batch is shared out in order, evenly."""

from collections.abc import Sequence
from typing import overload

from whisperwave.errors import ConfigError


class Share(Sequence[int]):
    """The numbers of the crops that one of several processes takes.

    Batch by batch, the first process takes the first part, and so on: put together in the order of
    the processes they are the batches of one process.

    Args:
        numbers: of the crops of all, whole batches of them.
        batch_size: of all processes together.
        rank: the process, of ``count``.
        count: how many processes there are.

    Raises:
        ConfigError: ``BATCH_NOT_SHARED``, the batch does not divide evenly.
    """

    def __init__(self, numbers: range, batch_size: int, rank: int, count: int) -> None:
        check_shared(batch_size, count)
        self._numbers = numbers
        self._batch_size = batch_size
        self._each = batch_size // count
        self._first = rank * self._each

    def __len__(self) -> int:
        return len(self._numbers) // self._batch_size * self._each

    @overload
    def __getitem__(self, position: int) -> int: ...

    @overload
    def __getitem__(self, position: slice) -> list[int]: ...

    def __getitem__(self, position: int | slice) -> int | list[int]:
        if isinstance(position, slice):
            return [self[each] for each in range(*position.indices(len(self)))]
        batch, place = divmod(range(len(self))[position], self._each)
        return self._numbers[batch * self._batch_size + self._first + place]


def check_shared(batch_size: int, count: int) -> None:
    """Refuse a batch that cannot be shared out evenly.

    Raises:
        ConfigError: ``BATCH_NOT_SHARED``, with the next sizes that can.
    """
    if batch_size % count == 0:
        return
    below = batch_size - batch_size % count
    sizes = [str(size) for size in (below, below + count) if size]
    raise ConfigError(
        "BATCH_NOT_SHARED",
        f"trainer.batch_size={batch_size} cannot be shared evenly by {count} processes.",
        f"Use trainer.batch_size={' or '.join(sizes)}, or another number of processes.",
    )


def batches_of(numbers: range, batch_size: int, rank: int, count: int) -> list[int]:
    """The numbers of every ``count``-th whole batch, from that of ``rank`` on.

    The last batch of all may be smaller, and is then the last of whoever takes it.
    """
    starts = range(rank * batch_size, len(numbers), count * batch_size)
    return [number for start in starts for number in numbers[start : start + batch_size]]
