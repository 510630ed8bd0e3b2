"""Scanning a music collection into a listing: look at every file, read what is new, decide, write.

A kill at any moment costs at most the file that was being read: the same command goes on where it
was. A later scan reads only what has changed. The listing and what lies beside it appear whole.
"""

import json
import os
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from whisperwave.errors import AudioError, LibraryError, WhisperwaveError, check_within
from whisperwave.library import durable
from whisperwave.library.collections.census import take_census
from whisperwave.library.collections.facts import Facts, read_facts
from whisperwave.library.collections.journal import Journal
from whisperwave.library.collections.judging import Skipped, Wish
from whisperwave.library.collections.selection import Selection
from whisperwave.library.collections.walking import Found, walk
from whisperwave.library.containers.header import RATES_HZ
from whisperwave.library.display import shown
from whisperwave.library.listing import write_items

Progress = Callable[[float, float], None]


@dataclass(frozen=True)
class Scan:
    """What to scan, and where the listing goes.

    The journal (``….journal``) and the list of what was skipped (``….skipped.jsonl``) lie beside
    it, under its name. ``apart_from`` are files that the caller writes there too. ``is_decoded``:
    every file is decoded, so that damage is found and copies are known by their content.
    """

    root: Path
    output: Path
    wish: Wish = field(default_factory=Wish)
    target_rate: int | None = None
    is_decoded: bool = False
    apart_from: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        if self.target_rate is not None:
            least, most = RATES_HZ.start, RATES_HZ.stop - 1
            check_within("The sample rate", self.target_rate, least, most, "Hz")

    @property
    def journal(self) -> Path:
        """Where the scan remembers what it has read."""
        return self.output.with_name(f"{self.output.stem}.journal")

    @property
    def skipped(self) -> Path:
        """Where every skipped file stands with its reason, one JSON object a line."""
        return self.output.with_name(f"{self.output.stem}.skipped.jsonl")


@dataclass(frozen=True)
class Scanned:
    """What a scan found: files ``read`` anew, ``unchanged``, ``vanished``, and the census."""

    read: int
    unchanged: int
    vanished: int
    census: dict[str, Any]
    notes: tuple[str, ...] = ()


def scan(request: Scan, progress: Progress | None = None) -> Scanned:
    """Scan a collection.

    Args:
        request: what to scan.
        progress: called with (files looked at, files expected; infinite when nobody knows).

    Raises:
        AudioError: ``NO_FOLDER``.
        LibraryError: ``ROOT_MISSING``, when none of the files of the last scan is there, as if the
            disk were not mounted; or the journal cannot be used.
        OutputError: nothing can be written beside the output.
    """
    root = request.root.absolute()
    if request.output.parent.is_dir():
        durable.sweep(request.output.parent)
    if not root.is_dir() and not request.journal.exists():
        raise AudioError("NO_FOLDER", f"'{shown(root)}' is not a folder.", "Name a folder.")
    with closing(Journal(request.journal, root)) as journal:
        _require_root(root, journal)
        read, unchanged = _look(request, root, journal, progress)
        _require_root(root, journal)
        vanished = journal.finish()
        selection = Selection(journal.rows, request.wish)
        _write_skipped(request.skipped, selection.skipped())
        write_items(request.output, root, selection.items(), request.target_rate)
        notes = ("JOURNAL_DAMAGED: it was begun anew.",) if journal.is_renewed else ()
        return Scanned(read, unchanged, vanished, take_census(selection), notes)


def _look(
    request: Scan, root: Path, journal: Journal, progress: Progress | None
) -> tuple[int, int]:
    """Look at every file, and read those that are new or have changed."""
    read = unchanged = 0
    expected = float(journal.count or "inf")
    for found in walk(root, _own_files(request, root)):
        if journal.is_known(found, is_decoded=request.is_decoded):
            unchanged += 1
        else:
            outcome = _outcome(root, found, request.is_decoded)
            journal.keep(found, outcome, is_decoded=request.is_decoded)
            read += 1
        if progress is not None:
            progress(read + unchanged, max(expected, read + unchanged))
    return read, unchanged


def _outcome(root: Path, found: Found, is_decoded: bool) -> Facts | WhisperwaveError:
    if found.fault is not None:
        return found.fault
    try:
        return read_facts(root / os.fsdecode(found.path), is_decoded=is_decoded)
    except WhisperwaveError as error:
        return error


def _require_root(root: Path, journal: Journal) -> None:
    """An empty mount point must not look like a collection whose files were all deleted."""
    known = journal.known_paths()
    first = next(known, None)
    is_there = first is None or any(
        os.path.lexists(root / os.fsdecode(path)) for path in chain((first,), known)
    )
    if not root.is_dir() or not is_there:
        raise LibraryError(
            "ROOT_MISSING",
            f"None of the files of the last scan is in '{shown(root)}'.",
            "Is its disk mounted? If they are gone for good, delete "
            f"'{shown(journal.path)}' and scan again.",
        )


def _own_files(request: Scan, root: Path) -> frozenset[bytes]:
    """What the scan itself writes inside the collection, if it does."""
    journal = request.journal
    own = (request.output, journal, journal.with_name(f"{journal.name}-journal"), request.skipped)
    paths = (path.absolute() for path in (*own, *request.apart_from))
    return frozenset(
        os.fsencode(path.relative_to(root)) for path in paths if path.is_relative_to(root)
    )


def _write_skipped(path: Path, skipped: Iterable[Skipped]) -> None:
    with (
        durable.replacing(path) as temporary,
        temporary.open("w", encoding="ascii", newline="\n") as file,
    ):
        for one in skipped:
            line = {"path": one.path, "code": one.code, "message": one.message}
            file.write(json.dumps(line) + "\n")
