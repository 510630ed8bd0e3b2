"""What is known of the files of a set in the making, on the disk: many take no more memory.

It is for one run alone and lost with it. What is worth keeping is in the cache.
"""

import json
import os
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whisperwave.datasets.dealing import Dealing, Member
from whisperwave.datasets.searching import Found
from whisperwave.datasets.sounds import Split
from whisperwave.errors import LibraryError, OutputError
from whisperwave.library import durable

_SETTINGS = (
    "locking_mode = EXCLUSIVE", "journal_mode = OFF", "synchronous = OFF", "temp_store = FILE",
    "cache_size = -4096",
)  # fmt: skip
_TABLES = """
CREATE TABLE file (
  path BLOB NOT NULL, name TEXT NOT NULL, source INTEGER, rank BLOB, class TEXT NOT NULL,
  speaker TEXT NOT NULL, tags TEXT NOT NULL, first_seconds REAL, predict INTEGER NOT NULL,
  PRIMARY KEY (source, rank)
) STRICT, WITHOUT ROWID;
CREATE TABLE item (
  place INTEGER PRIMARY KEY, source INTEGER NOT NULL, rank BLOB NOT NULL, key TEXT NOT NULL
) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Item:
    """A file that will be in the set: where its sound lies in the cache, and its split."""

    found: Found
    key: str
    frames: int
    split: Split


class Ledger:
    """The files that were found, those of them that were taken, and what becomes of each."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        for setting in _SETTINGS:
            database.execute(f"PRAGMA {setting}")
        database.executescript(_TABLES)
        self.dealing = Dealing(database)
        """Who of those that were taken learns, and who tests."""
        database.execute("BEGIN")  # which nobody ends: it is thrown away

    def note(self, found: Found) -> None:
        """Write down a file that was found.

        Raises:
            LibraryError: ``LISTING_BAD``, it was already.
        """
        try:
            self._database.execute(
                "INSERT INTO file VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (os.fsencode(found.file), found.name, found.source, found.rank, found.class_name,
                 found.speaker, json.dumps(dict(found.tags)), found.first_seconds, found.predict),
            )  # fmt: skip
        except sqlite3.IntegrityError as error:
            raise LibraryError(
                "LISTING_BAD", f"{found.name!r} stands twice in its listing.",
                "Make it again with `whisperwave library scan`.",
            ) from error  # fmt: skip

    @property
    def count(self) -> int:
        """How many files were found."""
        return int(self._database.execute("SELECT count(*) FROM file").fetchone()[0])

    def files(self) -> Iterator[Found]:
        """Every file, source by source, each source's in its order."""
        for row in self._database.execute("SELECT * FROM file ORDER BY source, rank"):
            yield _found(*row)

    def take(self, found: Found, key: str, member: Member) -> None:
        """Write down that a file was taken; it lies behind those that were taken before."""
        added = self._database.execute(
            "INSERT INTO item (source, rank, key) VALUES (?, ?, ?)", (found.source, found.rank, key)
        )
        self.dealing.add(int(added.lastrowid or 0), member)

    def name(self, place: int) -> str:
        """What the file that was taken to a place is called."""
        statement = "SELECT name FROM item JOIN file USING (source, rank) WHERE place = ?"
        return str(self._database.execute(statement, (place,)).fetchone()[0])

    def drop_torn(self) -> Iterator[tuple[str, str]]:
        """Forget the files that `Dealing.torn` tells of; their names, each with its copy's."""
        for place, copy in self.dealing.torn():
            yield self.name(place), self.name(copy)
        self.dealing.drop_torn()
        self._database.execute("DELETE FROM item WHERE place NOT IN (SELECT place FROM member)")

    @property
    def items(self) -> Collection[Item]:
        """Every file that was taken, with its split, in the order in which they lie."""
        return _Items(self._database)


class _Items(Collection[Item]):
    """Read from the disk, as often as they are gone through."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def __len__(self) -> int:
        return int(self._database.execute("SELECT count(*) FROM item").fetchone()[0])

    def __iter__(self) -> Iterator[Item]:
        rows = self._database.execute(
            "SELECT key, frames, split, path, name, source, rank, class, speaker, tags,"
            " first_seconds, split = 'predict'"
            " FROM item JOIN member USING (place) JOIN file USING (source, rank) ORDER BY place"
        )
        for key, frames, split, *found in rows:
            yield Item(_found(*found), key, frames, split)

    def __contains__(self, item: object) -> bool:
        return any(each == item for each in self)


def _found(path: bytes, *rest: Any) -> Found:
    name, source, rank, class_name, speaker, tags, first_seconds, predict = rest
    known = json.loads(tags)
    return Found(
        os.fsdecode(path), name, source, rank, class_name, speaker, known, first_seconds,
        bool(predict),
    )  # fmt: skip


@contextmanager
def ledger_in(folder: Path) -> Iterator[Ledger]:
    """A ledger in a folder, which is made if it is not there; at the end nothing is left of it.

    Raises:
        OutputError: it cannot be written there.
    """
    path, is_new = durable.temporary_name(folder / "ledger"), not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise durable.explain(error, folder) from error
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            yield Ledger(database)
    except sqlite3.Error as error:
        raise _explained(error, path) from error
    finally:
        path.unlink(missing_ok=True)
        if is_new:
            with suppress(OSError):  # it is empty where nothing was taken
                folder.rmdir()


def _explained(error: sqlite3.Error, path: Path) -> OutputError:
    is_full = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL
    return OutputError(
        "DISK_FULL" if is_full else "WRITE_FAILED", f"{str(path)!r} cannot be written: {error}.",
        "Free some space on the disk, then run the same command again." if is_full
        else "Check the disk, or name another folder with --cache.",
    )  # fmt: skip
