"""Whether a file of a collection is wanted, and in which class: decided from what it says.

Every file is either an item of the listing or skipped with a reason code; none is lost in between.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

from whisperwave.errors import ConfigError
from whisperwave.library.collections.facts import Facts
from whisperwave.library.collections.genres import GenreTable, shipped_genres
from whisperwave.library.collections.journal import Row
from whisperwave.library.display import LONGEST_TEXT, shown, stored
from whisperwave.library.listing import Item

BETWEEN_TAGS = " / "


@dataclass(frozen=True)
class Wish:
    """What is wanted of a collection.

    ``class_tags`` name the tags whose values, joined, are a file's class; where there are none, no
    file has a class. Files without all the ``required`` tags, or shorter than ``least_seconds``,
    are skipped. Only the ``first_seconds`` of a file are meant, and only files of the ``top``
    classes with the most sound.

    Beside a file's own tags there are ``genre`` (folded by the table), ``subgenre`` (as the file
    has it), ``decade``, ``folder`` (the one it lies in), ``top_folder`` and ``format``.

    Raises:
        ConfigError: ``OUT_OF_RANGE``.
    """

    class_tags: tuple[str, ...] = ("genre",)
    required: tuple[str, ...] = ()
    least_seconds: float = 0.0
    first_seconds: float | None = None
    top: int | None = None
    genres: GenreTable = field(default_factory=shipped_genres)

    def __post_init__(self) -> None:
        first = 1.0 if self.first_seconds is None else self.first_seconds
        top = 1 if self.top is None else self.top
        if not (self.least_seconds >= 0 and first > 0 and top >= 1):
            raise ConfigError(
                "OUT_OF_RANGE",
                f"At least {self.least_seconds:g} s, the first {first:g} s, the top {top} classes: "
                "one of them cannot be.",
                "Give lengths above zero, and one class or more.",
            )


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that is not in the listing, and why; ``value`` is what was wrong in it."""

    path: str
    code: str
    message: str
    value: str = ""


class _Refused(Exception):  # noqa: N818 - a way out of nested checks, never seen outside
    def __init__(self, code: str, message: str, value: str = "") -> None:
        super().__init__(code)
        self.code, self.message, self.value = code, message, value


class Judge:
    """Decides about the files of one collection, which come in the order of their paths.

    Of several names of one file, and of several files with one content, the first is taken.
    """

    def __init__(self, wish: Wish, *, has_ffmpeg: bool) -> None:
        self._wish, self._has_ffmpeg = wish, has_ffmpeg
        self._folded: dict[str, str | None] = {}
        self._first_names: dict[tuple[int, int] | str, bytes] = {}

    def decide(self, row: Row) -> Item | Skipped:
        """The file as an item, or why it is none."""
        path = os.fsdecode(row.path)
        if row.facts is None:
            return Skipped(path, row.code, row.message)
        try:
            self._check_length(row.facts)
            tags = dict(self._tags(path, row.facts))
            for name in (*self._wish.class_tags, *self._wish.required):
                self._check_tag(name, tags)
            self._check_twin(row)
        except _Refused as refusal:
            return Skipped(path, refusal.code, refusal.message, refusal.value)
        return self._item(path, row.facts, tags)

    def _item(self, path: str, facts: Facts, tags: dict[str, str]) -> Item:
        values = BETWEEN_TAGS.join(tags[name] for name in self._wish.class_tags)
        first = self._wish.first_seconds
        return Item(
            path=path,
            seconds=facts.seconds,
            sample_rate=facts.sample_rate,
            class_name=values[:LONGEST_TEXT] or None,
            tags=tags,
            sha256=facts.sha256,
            first_seconds=first if first is not None and first < facts.seconds else None,
        )

    def _check_length(self, facts: Facts) -> None:
        if facts.kind == "MP4" and not self._has_ffmpeg:
            raise _Refused("NEEDS_FFMPEG", "MP4 is decoded by ffmpeg, which is not installed")
        if facts.seconds < self._wish.least_seconds:
            least = self._wish.least_seconds
            raise _Refused("TOO_SHORT", f"{facts.seconds:.1f} s; at least {least:g} s are wanted")

    def _check_tag(self, name: str, tags: dict[str, str]) -> None:
        if tags.get(name):
            return
        if name == "genre" and "subgenre" in tags:
            raw = tags["subgenre"]
            raise _Refused("UNKNOWN_GENRE", f"no genre of the table is in {raw[:80]!r}", raw)
        raise _Refused("NO_TAG", f"it has no {name!r}", name)

    def _check_twin(self, row: Row) -> None:
        assert row.facts is not None  # noqa: S101 - only called with facts
        twins = (("SAME_FILE", row.same_as), ("SAME_CONTENT", row.facts.sha256))
        for code, identity in twins:
            if identity is not None:
                first = self._first_names.setdefault(identity, row.path)
                if first != row.path:
                    raise _Refused(code, f"it is '{shown(first)}' once more")

    def _tags(self, path: str, facts: Facts) -> Iterator[tuple[str, str]]:
        folders = path.split("/")[:-1]
        yield "format", facts.kind
        if folders:
            yield "folder", stored(folders[-1])
            yield "top_folder", stored(folders[0])
        for name, text in facts.tags.items():
            if name == "genre":
                yield "subgenre", text
                genre = self._fold(text)
                if genre is not None:
                    yield "genre", genre
            else:
                yield name, text
        if "year" in facts.tags:
            yield "decade", f"{facts.tags['year'][:3]}0s"

    def _fold(self, text: str) -> str | None:
        if text not in self._folded:
            self._folded[text] = self._wish.genres.fold(text)
        return self._folded[text]
