"""A copy of the catalogue for each day on which it had changed; the last few are kept."""

from contextlib import suppress
from datetime import date
from pathlib import Path

from whisperwave.errors import LibraryError, OutputError
from whisperwave.library import durable
from whisperwave.library.blobs import make_folder
from whisperwave.library.catalogue import Catalogue

KEPT = 7
_NAMES = "catalogue-????-??-??.sqlite"


def copies(folder: Path) -> tuple[Path, ...]:
    """The copies in a data folder, the newest first."""
    return tuple(sorted((folder / "copies").glob(_NAMES), reverse=True))


def copy_daily(folder: Path, catalogue: Catalogue, today: date) -> str:
    """Copy the catalogue as it is now, unless that was done today or nothing has changed.

    Returns:
        Nothing, or a note of why it could not be done.
    """
    there = copies(folder)
    target = folder / "copies" / f"catalogue-{today.isoformat()}.sqlite"
    if target in there or (there and not _has_changed(folder, there[0])):
        return ""
    try:
        make_folder(target.parent)
        with durable.replacing(target) as temporary:
            catalogue.copy_into(temporary)
        durable.sweep(target.parent)
        for old in copies(folder)[KEPT:]:
            with suppress(FileNotFoundError):
                old.unlink()
    except (OutputError, LibraryError, OSError) as error:
        return f"NO_COPY: the catalogue could not be copied today: {error}"
    return ""


def _has_changed(folder: Path, copy: Path) -> bool:
    return (folder / "catalogue.sqlite").stat().st_mtime_ns > copy.stat().st_mtime_ns
