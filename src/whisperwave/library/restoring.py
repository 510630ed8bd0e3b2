"""A library whose catalogue is damaged or lost, brought back from its last copy and its sounds.

The damaged catalogue is put aside, never written over. Sounds that were added after the copy are
still there, named by their content; they become clips again, but their titles, styles and ratings
are lost.
"""

import re
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from whisperwave.errors import LibraryError, WhisperwaveError
from whisperwave.library import durable
from whisperwave.library.catalogue import Catalogue
from whisperwave.library.clips import Clip
from whisperwave.library.copies import copies
from whisperwave.library.display import shown
from whisperwave.library.store import data_folder, open_library

_DIGEST = re.compile(r"[0-9a-f]{64}")
_RESTORABLE = frozenset(("CATALOGUE_CORRUPT", "CATALOGUE_FAILED"))


@dataclass(frozen=True)
class Restored:
    """What was done: the copy that was used, the catalogue put aside, and the clips found again."""

    copy: Path | None
    aside: Path | None
    recovered: tuple[Clip, ...]
    unusable: tuple[Path, ...]


def restore(folder: Path | None = None, starter_folder: Path | None = None) -> Restored:
    """Bring a library back.

    Raises:
        LibraryError: ``NOT_DAMAGED``, or ``CATALOGUE_NEWER``.
        OutputError: the data folder cannot be written.
    """
    folder = folder or data_folder()
    catalogue = folder / "catalogue.sqlite"
    _require_damage(catalogue)
    aside = _put_aside(catalogue)
    copy = _put_back(folder, catalogue)
    recovered: list[Clip] = []
    unusable: list[Path] = []
    with open_library(folder, starter_folder) as library:
        known = {clip.digest for clip in library.list()}
        for path in sorted((folder / "clips").glob("??/*")):
            if _DIGEST.fullmatch(path.name) and path.name not in known:
                try:
                    recovered.append(library.add(path, title=f"recovered {path.name[:8]}").clip)
                except WhisperwaveError:
                    unusable.append(path)
    return Restored(copy, aside, tuple(recovered), tuple(unusable))


def _require_damage(catalogue: Path) -> None:
    if not catalogue.exists() or catalogue.stat().st_size == 0:
        return
    try:
        Catalogue(catalogue).close()
    except LibraryError as error:
        if error.code in _RESTORABLE:
            return
        raise
    raise LibraryError(
        "NOT_DAMAGED", f"The catalogue '{shown(catalogue)}' is well.", "There is nothing to do."
    )


def _put_aside(catalogue: Path) -> Path | None:
    """Move the catalogue, and the journal of its last change, out of the way."""
    if not catalogue.exists():
        return None
    names = (catalogue.with_name(f"{catalogue.name}.damaged-{number}") for number in count(1))
    aside = next(name for name in names if not name.exists())
    try:
        catalogue.rename(aside)
        journal = catalogue.with_name(f"{catalogue.name}-journal")
        if journal.exists():
            journal.rename(aside.with_name(f"{aside.name}-journal"))
    except OSError as error:
        raise durable.explain(error, aside) from error
    return aside


def _put_back(folder: Path, catalogue: Path) -> Path | None:
    """The newest copy that is sound, in the catalogue's place; a new catalogue if there is none."""
    for copy in copies(folder):
        try:
            Catalogue(copy).close()
        except LibraryError:
            continue
        durable.write_bytes(catalogue, copy.read_bytes())
        return copy
    Catalogue(catalogue).close()
    return None
