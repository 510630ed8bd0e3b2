"""The sound of a set in a few large files: int16 ``[frames, channels]``, to be memory-mapped.

Every item lies in one shard as a whole. Where the next one begins depends on lengths alone, so the
plan is known before a byte is written.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

SHARD_BYTES = 256 * 1024**2


@dataclass(frozen=True)
class Shard:
    """How many frames a shard holds, and how many items."""

    frames: int
    items: int


def plan(lengths: Iterable[int], channels: int) -> Iterator[Shard]:
    """Deal items of so many frames, in their order, into shards of about `SHARD_BYTES`."""
    most = SHARD_BYTES // (2 * channels)
    frames, items = 0, 0
    for length in lengths:
        if items and frames + length > most:
            yield Shard(frames, items)
            frames, items = 0, 0
        frames, items = frames + length, items + 1
    if items:
        yield Shard(frames, items)


def shard_name(number: int) -> str:
    """The file of a shard."""
    return f"shard-{number:04d}.npy"
