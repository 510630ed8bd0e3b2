"""A listing: which sound files a collection holds, and what each of them is.

A scan of a music collection and a download of a public data set both end in one, and data sets are
prepared from it. It is JSON of one spelling (keys sorted, one item a line), so the same collection
gives the same bytes. A name that is not UTF-8 keeps its bytes as the surrogates that Python's
``os.fsdecode`` makes of them.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from whisperwave.errors import LibraryError
from whisperwave.library import durable
from whisperwave.library.containers.header import RATES_HZ
from whisperwave.library.display import LONGEST_TEXT, shown
from whisperwave.library.json_stream import read_object

FORMAT = "whisperwave-listing"
VERSION = 1
LISTING = "listing.json"  # of a downloaded set, in its folder

_BEGIN = b'{"format":"%s"' % FORMAT.encode()
_DIGEST_LENGTH = 64
_LONGEST_SECONDS = 1e9
_LONGEST_SHOWN = 200
_KEYS = frozenset(
    ("path", "class", "speaker", "tags", "seconds", "sample_rate", "sha256", "first_seconds")
)
_HEAD_KEYS = frozenset(("format", "version", "root", "target_rate", "items"))


@dataclass(frozen=True, slots=True)
class Item:
    """One sound file.

    ``path`` is relative to the listing's root, with ``/`` between its parts. ``seconds`` and
    ``sample_rate`` (Hz) are the file's own. ``first_seconds``, where it is given, says that only
    the beginning of the file is meant, for so long. ``tags`` is what is known of it beside: the
    names are lower-case words, ``artist`` or ``year``.

    Raises:
        LibraryError: ``LISTING_BAD``, which value cannot be.
    """

    path: str
    seconds: float
    sample_rate: int
    class_name: str | None = None
    speaker: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    sha256: str | None = None
    first_seconds: float | None = None

    def __post_init__(self) -> None:
        _check_path(self.path)
        _check_seconds("seconds", self.seconds)
        if self.first_seconds is not None:
            _check_seconds("first_seconds", self.first_seconds)
        _check_rate("sample_rate", self.sample_rate)
        for name, text in (("class", self.class_name), ("speaker", self.speaker)):
            _check_text(name, text)
        for name, text in self.tags.items():
            _check_text("a name in tags", name)
            _check_text(f"tags.{name}", text, may_be_empty=True)
        if self.sha256 is not None and not _is_digest(self.sha256):
            raise _bad("sha256", self.sha256, "64 hexadecimal digits in lower case")

    @property
    def used_seconds(self) -> float:
        """How much of the file is meant."""
        return self.seconds if self.first_seconds is None else min(self.seconds, self.first_seconds)


@dataclass(frozen=True)
class Listing:
    """Sound files under one folder.

    ``target_rate`` (Hz), where it is given, is the rate that a data set made of them should have.
    No path stands in it twice.
    """

    root: Path
    items: tuple[Item, ...]
    target_rate: int | None = None

    def __post_init__(self) -> None:
        if self.target_rate is not None:
            _check_rate("target_rate", self.target_rate)
        seen: set[str] = set()
        for item in self.items:
            if item.path in seen:
                raise _bad("path", item.path, "a path that no other item has")
            seen.add(item.path)

    def path_of(self, item: Item) -> Path:
        """Where the file is."""
        return self.root / item.path

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of all classes, in the order of their letters."""
        return tuple(sorted({item.class_name for item in self.items if item.class_name}))

    @property
    def speakers(self) -> tuple[str, ...]:
        """The names of all speakers, in the order of their letters."""
        return tuple(sorted({item.speaker for item in self.items if item.speaker}))


def write_listing(path: Path, listing: Listing) -> None:
    """Write a listing to ``path``, whole or not at all.

    Raises:
        OutputError: it cannot be written there.
    """
    write_items(path, listing.root, listing.items, listing.target_rate)


def write_items(
    path: Path, root: Path, items: Iterable[Item], target_rate: int | None = None
) -> int:
    """Write a listing whose items come one by one, whole or not at all; returns how many came.

    A root that is the listing's own folder, or inside it, is noted from there, so that both can be
    moved together. It is for the caller to give no path twice.

    Raises:
        OutputError: it cannot be written there.
    """
    count = 0
    with (
        durable.replacing(path) as temporary,
        temporary.open("w", encoding="ascii", newline="\n") as file,
    ):
        file.write(f'{_BEGIN.decode()},"items":[')
        for item in items:
            file.write(f"{',' if count else ''}\n{_json(_mapping(item))}")
            count += 1
        file.write(
            f'\n],"root":{_json(_noted_root(path, root))},"target_rate":{_json(target_rate)},'
            f'"version":{VERSION}}}\n'
        )
    return count


def listing_in(folder: Path) -> Path | None:
    """The listing of a folder that was downloaded as a set, or None; another's file is none."""
    path = folder / LISTING
    try:
        with path.open("rb") as file:
            begin = file.read(len(_BEGIN))
    except OSError:
        return None
    return path if begin == _BEGIN else None


def read_listing(path: Path) -> Listing:
    """Read a listing, and check everything in it.

    Raises:
        LibraryError: ``LISTING_MISSING``, ``LISTING_NEWER``, or ``LISTING_BAD`` with the place.
    """
    stream = open_listing(path)
    items = tuple(stream.items)
    with _explained(path):
        return Listing(stream.root, items, stream.target_rate)


@dataclass(frozen=True)
class ListingStream:
    """A listing whose items come one by one, so that a great many take no more memory than one.

    Each is checked as it comes. Whether a path stands there twice is for the reader to see.
    """

    root: Path
    items: Iterator[Item]
    target_rate: int | None


def open_listing(path: Path) -> ListingStream:
    """Open a listing: its text is read once to check its form, and again for the items.

    Raises:
        LibraryError: as `read_listing`, here or when an item comes.
    """
    with _explained(path):
        return _opened(path, _head_of(path))


def _head_of(path: Path) -> dict[str, Any]:
    """What a listing says beside its items."""
    with path.open(encoding="ascii") as file:
        entries = read_object(file, "items")
        while True:
            try:
                next(entries)
            except StopIteration as end:
                head: dict[str, Any] = end.value
                return head


def _opened(path: Path, head: dict[str, Any]) -> ListingStream:
    _check_form(path, head)
    _checked_keys("the listing", head, _HEAD_KEYS)
    if head["items"] != []:
        raise _bad("items", head["items"], "a list")
    _check_text("root", head["root"], is_needed=True, longest=None)
    if head["target_rate"] is not None:
        _check_rate("target_rate", head["target_rate"])
    return ListingStream(path.absolute().parent / head["root"], _items(path), head["target_rate"])


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LibraryError(
            "LISTING_MISSING",
            f"The listing '{shown(path)}' cannot be read: {error.strerror}.",
            "Make it with `whisperwave library scan`, or check the name for a slip.",
        ) from error
    except (ValueError, RecursionError) as error:
        raise _unusable(path, f"it is not JSON as a listing has it: {error}") from error
    except LibraryError as error:
        if error.code != "LISTING_BAD":
            raise
        raise _unusable(path, error.message) from error


def _check_form(path: Path, head: dict[str, Any]) -> None:
    """A newer form may have other keys, so this comes before they are looked at."""
    if head.get("format") != FORMAT:
        raise _bad("the listing", head, f"a mapping whose format is {FORMAT!r}")
    version: object = head.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise _bad("version", version, "a whole number")
    if version > VERSION:
        raise LibraryError(
            "LISTING_NEWER",
            f"'{shown(path)}' has form {version}; this program knows up to {VERSION}.",
            "Install the newer whisperwave that made it.",
        )


def _items(path: Path) -> Iterator[Item]:
    with _explained(path), path.open(encoding="ascii") as file:
        for number, entry in enumerate(read_object(file, "items")):
            try:
                yield _item(_checked_keys("an item", entry, _KEYS))
            except LibraryError as error:
                raise LibraryError(error.code, f"item {number}: {error.message}") from error


def _item(entry: dict[str, Any]) -> Item:
    if not isinstance(entry["tags"], dict):
        raise _bad("tags", entry["tags"], "a mapping of text to text")
    return Item(
        path=entry["path"],
        seconds=entry["seconds"],
        sample_rate=entry["sample_rate"],
        class_name=entry["class"],
        speaker=entry["speaker"],
        tags=entry["tags"],
        sha256=entry["sha256"],
        first_seconds=entry["first_seconds"],
    )


def _mapping(item: Item) -> dict[str, object]:
    capped = item.first_seconds
    return {
        "path": item.path,
        "class": item.class_name,
        "speaker": item.speaker,
        "tags": dict(item.tags),
        "seconds": float(item.seconds),
        "sample_rate": item.sample_rate,
        "sha256": item.sha256,
        "first_seconds": None if capped is None else float(capped),
    }


def _noted_root(path: Path, root: Path) -> str:
    folder, whole = path.absolute().parent, root.absolute()
    return os.fspath(whole.relative_to(folder) if whole.is_relative_to(folder) else whole)


def _json(value: object) -> str:
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    )


def _checked_keys(what: str, value: object, keys: frozenset[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _bad(what, value, "a mapping")
    if value.keys() != keys:
        odd = sorted(value.keys() ^ keys)
        raise _bad(what, f"keys missing or unknown: {', '.join(odd)}", ", ".join(sorted(keys)))
    return value


def _check_path(path: object) -> None:
    _check_text("path", path, is_needed=True, longest=None)
    parts = str(path).split("/")
    if "\0" in str(path) or any(part in ("", ".", "..") for part in parts):
        raise _bad("path", path, "a path inside the root, without '..'")


def _check_seconds(name: str, seconds: object) -> None:
    is_number = _is_whole(seconds) or isinstance(seconds, float)
    if not is_number or not 0 < cast("float", seconds) < _LONGEST_SECONDS:
        raise _bad(name, seconds, "a number of seconds above zero")


def _check_rate(name: str, rate: object) -> None:
    if not _is_whole(rate) or rate not in RATES_HZ:
        raise _bad(name, rate, f"{RATES_HZ.start} to {RATES_HZ.stop - 1} Hz")


def _check_text(
    name: str,
    text: object,
    *,
    is_needed: bool = False,
    may_be_empty: bool = False,
    longest: int | None = LONGEST_TEXT,
) -> None:
    if text is None and not is_needed:
        return
    if not isinstance(text, str) or not (text or may_be_empty):
        raise _bad(name, text, "text")
    if longest is not None and len(text) > longest:
        raise _bad(name, text[:40] + "…", f"at most {longest} characters")


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_digest(text: object) -> bool:
    return (
        isinstance(text, str)
        and len(text) == _DIGEST_LENGTH
        and all(digit in "0123456789abcdef" for digit in text)
    )


def _bad(name: str, value: object, wanted: str) -> LibraryError:
    return LibraryError(
        "LISTING_BAD",
        f"{name} is {repr(value)[:_LONGEST_SHOWN]}; it must be {wanted}.",
        "Correct it.",
    )


def _unusable(path: Path, why: str) -> LibraryError:
    return LibraryError(
        "LISTING_BAD",
        f"The listing '{shown(path)}' cannot be used: {why}",
        "Make it again with `whisperwave library scan`.",
    )
