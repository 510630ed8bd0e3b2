"""A census: how many files and minutes of what a collection holds, and what was skipped and why."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from whisperwave.library.collections.judging import Skipped
from whisperwave.library.listing import Item

FORMAT = "whisperwave-census"
VERSION = 1
_MOST_UNKNOWN = 100
_SURVEYED = ("genre", "subgenre", "decade", "year", "format")


def take_census(decisions: Iterable[Item | Skipped]) -> dict[str, Any]:
    """Count what was decided, as JSON has it: the same decisions give the same census.

    ``classes`` and what is under ``tags`` are mappings of a name to its files and minutes, the
    largest first; ``skipped`` counts files by reason code, ``unknown_genres`` by the genre tag that
    the table does not know.
    """
    classes, skipped, unknown = _Tally(), Counter[str](), Counter[str]()
    tags = {name: _Tally() for name in _SURVEYED}
    whole = _Tally()
    for one in decisions:
        if isinstance(one, Skipped):
            skipped[one.code] += 1
            if one.code == "UNKNOWN_GENRE":
                unknown[one.value] += 1
        else:
            whole.add("", one)
            classes.add(one.class_name or "", one)
            for name, tally in tags.items():
                if name in one.tags:
                    tally.add(one.tags[name], one)
    return {
        "format": FORMAT,
        "version": VERSION,
        "files": whole.files.total(),
        "minutes": round(whole.seconds.get("", 0.0) / 60, 2),
        "classes": classes.as_mapping(),
        "tags": {name: tally.as_mapping() for name, tally in tags.items()},
        "skipped": dict(sorted(skipped.items(), key=_largest_first)),
        "unknown_genres": dict(sorted(unknown.items(), key=_largest_first)[:_MOST_UNKNOWN]),
    }


class _Tally:
    """Files and seconds by name."""

    def __init__(self) -> None:
        self.files: Counter[str] = Counter()
        self.seconds: dict[str, float] = {}

    def add(self, name: str, item: Item) -> None:
        self.files[name] += 1
        self.seconds[name] = self.seconds.get(name, 0.0) + item.used_seconds

    def as_mapping(self) -> dict[str, dict[str, float]]:
        ranked = sorted(self.files, key=lambda name: (-self.seconds[name], name))
        return {
            name: {"files": self.files[name], "minutes": round(self.seconds[name] / 60, 2)}
            for name in ranked
        }


def _largest_first(entry: tuple[str, int]) -> tuple[int, str]:
    return -entry[1], entry[0]
