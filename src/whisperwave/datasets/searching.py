"""Which files a recipe is about: those of folders and listings, each with its place in their order.

They come one by one, as the disk has them, so that a great many take no memory.
"""

import fnmatch
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from sys import intern

from whisperwave.datasets.recipe import Recipe, Source
from whisperwave.datasets.sounds import Refuse, walk_sounds
from whisperwave.errors import AudioError, WhisperwaveError
from whisperwave.library.display import shown
from whisperwave.library.listing import listing_in, open_listing

_NO_TAGS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Found:
    """A sound file to prepare.

    ``name`` is its set's label and its path in there, as text that can be shown; ``source`` is its
    place among the recipe's sources, whose files are in the order of their ``rank``. ``predict``
    says that it is kept whole, for listening.
    """

    file: str
    name: str
    source: int
    rank: bytes
    class_name: str = ""
    speaker: str = ""
    tags: Mapping[str, str] = field(default_factory=lambda: _NO_TAGS)  # one for all
    first_seconds: float | None = None
    predict: bool = False

    @property
    def path(self) -> Path:
        """Where the file is; kept as text, which takes a third of the memory."""
        return Path(self.file)


def search(recipe: Recipe, refuse: Refuse) -> Iterator[Found]:
    """Every file of every source, in no order.

    A folder that may not be looked into is passed to ``refuse``.

    Raises:
        AudioError: ``NO_FOLDER``, or ``NO_SOUNDS`` where there is nothing at all.
        LibraryError: a listing cannot be read.
    """
    is_empty = True
    for place, source in enumerate(recipe.sources):
        for each in _of_source(source, place, refuse):
            is_empty = False
            yield each
    if is_empty:
        where = ", ".join(repr(source.path) for source in recipe.sources)
        raise AudioError("NO_SOUNDS", f"{where} holds no sound file.", "Name another folder.")


def _of_source(source: Source, place: int, refuse: Refuse) -> Iterator[Found]:
    """What a folder or a listing holds; a set that was downloaded is read by its own listing."""
    path = Path(source.path)
    listing = path if path.suffix == ".json" else listing_in(path)
    # What a listing names but is not there is refused when it is read.
    return _in_folder(source, place, refuse) if listing is None else _listed(source, place, listing)


def _in_folder(source: Source, place: int, refuse: Refuse) -> Iterator[Found]:
    root = Path(source.path)

    def closed(path: Path, error: WhisperwaveError) -> None:
        refuse(Path(source.label) / path.relative_to(root), error)

    for path in walk_sounds(root, closed):
        inside = path.relative_to(root).as_posix()
        yield Found(
            os.fspath(path),
            f"{source.label}/{shown(inside)}",
            place,
            _rank(inside),
            _named(inside, source.class_from),
            _named(inside, source.speaker_from),
            first_seconds=source.first_seconds,
            predict=_is_wanted(inside, source.predict),
        )


def _listed(source: Source, place: int, path: Path) -> Iterator[Found]:
    listing = open_listing(path)
    for item in listing.items:
        yield Found(
            os.fspath(listing.root / item.path),
            f"{source.label}/{shown(item.path)}",
            place,
            os.fsencode(item.path),
            intern(shown(item.class_name or "")),
            intern(shown(item.speaker or "")),
            item.tags,
            _least(item.first_seconds, source.first_seconds),
            _is_wanted(item.path, source.predict),
        )


def _rank(inside: str) -> bytes:
    """Folder by folder, each name by its characters' numbers: no name holds a zero."""
    return inside.replace("/", "\0").encode("utf-8", "surrogatepass")


def _named(inside: str, after: str) -> str:
    """The part of a path that a folder's file takes a name from."""
    parent = inside.rpartition("/")[0]
    names = {"folder": parent, "top": parent.partition("/")[0], "none": ""}
    return intern(shown(names[after]))


def _is_wanted(inside: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(inside, pattern) for pattern in patterns)


def _least(*seconds: float | None) -> float | None:
    return min((s for s in seconds if s is not None), default=None)
