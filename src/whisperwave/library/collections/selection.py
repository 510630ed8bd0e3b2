"""All decisions about a collection, one after the other, with its largest classes found first."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from whisperwave.library import ffmpeg
from whisperwave.library.collections.journal import Row
from whisperwave.library.collections.judging import Judge, Skipped, Wish
from whisperwave.library.listing import Item


class Selection:
    """The decisions about all files of a collection, made anew each time they are gone through.

    Nothing is kept but the seconds of each class, so a hundred thousand files take no more memory
    than ten.

    Args:
        rows: gives every file anew, in the order of their paths.
        wish: what is wanted.
    """

    def __init__(self, rows: Callable[[], Iterable[Row]], wish: Wish) -> None:
        self._rows, self._wish = rows, wish
        self._has_ffmpeg = ffmpeg.is_here()

    def __iter__(self) -> Iterator[Item | Skipped]:
        for decision in self._before_top():
            if isinstance(decision, Item) and not self._is_at_top(decision):
                what = f"{decision.class_name!r} is not one of the {self._wish.top} largest classes"
                yield Skipped(decision.path, "NOT_TOP", what, decision.class_name or "")
            else:
                yield decision

    def items(self) -> Iterator[Item]:
        """The files of the listing."""
        return (one for one in self if isinstance(one, Item))

    def skipped(self) -> Iterator[Skipped]:
        """The others."""
        return (one for one in self if isinstance(one, Skipped))

    def _is_at_top(self, item: Item) -> bool:
        return self._wish.top is None or item.class_name in self._largest

    @cached_property
    def _largest(self) -> frozenset[str | None]:
        seconds: dict[str | None, float] = defaultdict(float)
        for one in self._before_top():
            if isinstance(one, Item):
                seconds[one.class_name] += one.used_seconds
        ranked = sorted(seconds, key=lambda name: (-seconds[name], name or ""))
        return frozenset(ranked[: self._wish.top])

    def _before_top(self) -> Iterator[Item | Skipped]:
        judge = Judge(self._wish, has_ffmpeg=self._has_ffmpeg)
        return (judge.decide(row) for row in self._rows())
