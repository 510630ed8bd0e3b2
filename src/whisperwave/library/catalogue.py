"""The catalogue: one SQLite file with a rollback journal, and every statement that touches it.

Not WAL: the SQLite on many machines (3.7.0 to 3.51.2) can corrupt a WAL database when the log is
reset. ``synchronous=EXTRA`` also flushes the folder after the journal's removal, so that what was
acknowledged survives a power cut.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import astuple, fields
from pathlib import Path

from whisperwave.errors import LibraryError
from whisperwave.library.clips import Clip
from whisperwave.library.display import shown

SCHEMA_VERSION = 1
_APPLICATION_ID = 0x57685776  # "WhWv"
_BUSY_SECONDS = 20.0
_COLUMNS = ", ".join(field.name for field in fields(Clip))

# `arriving` names content whose file is being written, or removed: what is still there after a
# crash was never acknowledged, or is no longer wanted, and can go. Nothing else is ever removed
# from the clips folder.
_SCHEMA = f"""
CREATE TABLE clip (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  title TEXT NOT NULL,
  style TEXT NOT NULL,
  digest TEXT NOT NULL UNIQUE CHECK (length(digest) = 64 AND digest NOT GLOB '*[^0-9a-f]*'),
  sample_rate INTEGER NOT NULL CHECK (sample_rate > 0),
  channels INTEGER NOT NULL CHECK (channels > 0),
  seconds REAL NOT NULL CHECK (seconds > 0),
  licence TEXT NOT NULL,
  rating TEXT NOT NULL CHECK (rating IN ('love', 'neutral', 'not-for-me')),
  origin TEXT NOT NULL CHECK (origin IN ('starter', 'user')),
  source_path BLOB
) STRICT;
CREATE TABLE arriving (digest TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
PRAGMA application_id = {_APPLICATION_ID};
PRAGMA user_version = {SCHEMA_VERSION};
"""

_REASONS = {
    sqlite3.SQLITE_BUSY: ("LIBRARY_LOCKED", "Another program is using it; try again in a moment."),
    sqlite3.SQLITE_LOCKED: ("LIBRARY_LOCKED", "Another program is using it; try again."),
    sqlite3.SQLITE_READONLY: ("READ_ONLY", "Make its folder writable, or set WHISPERWAVE_DATA."),
    sqlite3.SQLITE_CANTOPEN: ("READ_ONLY", "Make its folder writable, or set WHISPERWAVE_DATA."),
    sqlite3.SQLITE_PERM: ("PERMISSION", "Make its folder writable, or set WHISPERWAVE_DATA."),
    sqlite3.SQLITE_FULL: ("DISK_FULL", "Free some space on the disk, then do the same again."),
    sqlite3.SQLITE_IOERR: ("DISK_ERROR", "Check the disk, then do the same again."),
}
_RESTORE = "It was left as it is. `whisperwave library restore` goes back to its last daily copy."


class Catalogue:
    """The rows of the library. Every method is one transaction, or part of the caller's."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._explained():
            self._connection = sqlite3.connect(
                path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
        try:
            self._prepare()
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A transaction that holds the write lock from its start: all of it happens, or nothing."""
        with self._explained():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def clips(self) -> tuple[Clip, ...]:
        """All clips, by number."""
        return self._clips("ORDER BY number")

    def by_number(self, number: int) -> Clip | None:
        """The clip with this number."""
        return next(iter(self._clips("WHERE number = ?", number)), None)

    def by_digest(self, digest: str) -> Clip | None:
        """The clip with this content."""
        return next(iter(self._clips("WHERE digest = ?", digest)), None)

    def insert(self, clip: Clip, source_path: bytes | None = None) -> int:
        """Add a row and return its number; the number in ``clip`` is not used."""
        values = astuple(clip)[1:]
        marks = ", ?" * (len(values) + 1)
        cursor = self._execute(
            f"INSERT INTO clip ({_COLUMNS}, source_path) VALUES (NULL{marks})",  # noqa: S608 - ours
            *values,
            source_path,
        )
        return int(cursor.lastrowid or 0)

    def set_rating(self, number: int, rating: str) -> None:
        """Change one clip's rating."""
        self._execute("UPDATE clip SET rating = ? WHERE number = ?", rating, number)

    def renew(self, number: int, clip: Clip) -> None:
        """Let a row stand for other content of the same name; number and rating stay."""
        self._execute(
            "UPDATE clip SET digest = ?, sample_rate = ?, channels = ?, seconds = ?, licence = ?"
            " WHERE number = ?",
            *(clip.digest, clip.sample_rate, clip.channels, clip.seconds, clip.licence, number),
        )

    def remove(self, number: int) -> None:
        """Forget one clip; its number is never given again."""
        self._execute("DELETE FROM clip WHERE number = ?", number)

    def announce(self, digest: str) -> None:
        """Note that a file with this content is about to be written or removed."""
        self._execute("INSERT OR IGNORE INTO arriving VALUES (?)", digest)

    def arrived(self, digest: str) -> bool:
        """Take the note back; false if it was not there."""
        return self._execute("DELETE FROM arriving WHERE digest = ?", digest).rowcount == 1

    def arriving(self) -> tuple[str, ...]:
        """Content whose writing was begun and not ended."""
        return tuple(row[0] for row in self._execute("SELECT digest FROM arriving"))

    def copy_into(self, path: Path) -> None:
        """Write all that is in it, as it is now, into a new file."""
        self._execute("VACUUM INTO CAST(? AS TEXT)", os.fsencode(path))

    def source_path(self, number: int) -> bytes | None:
        """Where a clip's file was when it was added, as the bytes of its path."""
        row = self._execute("SELECT source_path FROM clip WHERE number = ?", number).fetchone()
        return None if row is None else row[0]

    def _clips(self, condition: str, *values: int | str) -> tuple[Clip, ...]:
        statement = f"SELECT {_COLUMNS} FROM clip {condition}"  # noqa: S608 - all parts are ours
        rows = self._execute(statement, *values)
        return tuple(Clip(*row) for row in rows.fetchall())

    def _execute(self, statement: str, *values: int | float | str | bytes | None) -> sqlite3.Cursor:
        with self._explained():
            return self._connection.execute(statement, values)

    def _prepare(self) -> None:
        for setting in ("journal_mode = DELETE", "synchronous = EXTRA", "foreign_keys = ON"):
            self._execute(f"PRAGMA {setting}")
        if self._number("user_version") == 0:
            self._create()
        self._check()

    def _create(self) -> None:
        with self.writing():
            if self._number("user_version") == 0:  # another process may have been faster
                if self._number("schema_version") != 0:
                    raise self._corrupt("it holds other tables")
                for statement in filter(str.strip, _SCHEMA.split(";")):
                    self._connection.execute(statement)

    def _check(self) -> None:
        if self._number("application_id") != _APPLICATION_ID:
            raise self._corrupt("it belongs to another program")
        version = self._number("user_version")
        if version > SCHEMA_VERSION:
            raise LibraryError(
                "CATALOGUE_NEWER",
                f"The library '{shown(self._path)}' has form {version}; this program knows up to "
                f"{SCHEMA_VERSION}.",
                "Install the newer whisperwave that made it.",
            )
        with closing(self._execute("PRAGMA quick_check(1)")) as cursor:
            complaint = cursor.fetchone()[0]
        if complaint != "ok":
            raise self._corrupt(str(complaint))

    def _number(self, pragma: str) -> int:
        return int(self._execute(f"PRAGMA {pragma}").fetchone()[0])

    def _corrupt(self, why: str) -> LibraryError:
        return LibraryError(
            "CATALOGUE_CORRUPT", f"'{shown(self._path)}' cannot be used: {why}.", _RESTORE
        )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            primary = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                raise self._corrupt(str(error)) from error
            code, remedy = _REASONS.get(primary, ("CATALOGUE_FAILED", "Report this as a fault."))
            what = f"The library '{shown(self._path)}' failed: {error}."
            raise LibraryError(code, what, remedy) from error


def bytes_of(path: Path) -> bytes:
    """A path as the system spells it, whatever its encoding."""
    return os.fsencode(path.absolute())
