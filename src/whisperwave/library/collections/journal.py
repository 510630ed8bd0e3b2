"""What a scan has learnt so far: one row a file, kept at once, so that a kill costs one file.

An SQLite file beside the listing. It is a memory of what can be read again: a row counts only for
the very file it was read from (size, time of change and inode), and a damaged journal is put aside
and begun anew. So its writes need not wait for the disk; a kill of the process loses none of them.
"""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from whisperwave.errors import LibraryError, OutputError, WhisperwaveError
from whisperwave.library.collections.facts import Facts
from whisperwave.library.collections.walking import Found
from whisperwave.library.display import shown

FORM = 1
_APPLICATION_ID = 0x5768536E  # "WhSn"
_BUSY_SECONDS = 2.0
_MOST_UNKEPT_MARKS = 1000
# What may be otherwise at the next look, though the file is the same.
_PASSING = frozenset(("PERMISSION", "UNREADABLE", "NO_SUCH_FILE", "CHANGED_DURING_READ"))
_SCHEMA = f"""
CREATE TABLE file (
  path BLOB PRIMARY KEY,
  size INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL,
  inode INTEGER NOT NULL,
  device INTEGER NOT NULL,
  links INTEGER NOT NULL,
  is_folder INTEGER NOT NULL,
  first_run INTEGER NOT NULL,
  last_run INTEGER NOT NULL,
  is_decoded INTEGER NOT NULL,
  code TEXT,
  message TEXT,
  facts TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE scan (root BLOB NOT NULL, run INTEGER NOT NULL, complete INTEGER) STRICT;
PRAGMA application_id = {_APPLICATION_ID};
PRAGMA user_version = {FORM};
"""
_SETTINGS = ("locking_mode = EXCLUSIVE", "journal_mode = TRUNCATE", "synchronous = OFF")
_ANOTHER = "Name another --output, or move the file away."


@dataclass(frozen=True, slots=True)
class Row:
    """One file of the collection: its facts, or why it has none.

    ``same_as`` is the identity that hard links to one file share; None for a file with one name.
    """

    path: bytes
    same_as: tuple[int, int] | None
    facts: Facts | None
    code: str = ""
    message: str = ""


class Journal:
    """The memory of the scans of one folder. One process at a time has it open.

    Raises:
        LibraryError: ``SCAN_RUNNING``, ``OTHER_ROOT``, ``JOURNAL_NEWER`` or ``NOT_A_JOURNAL``.
        OutputError: it cannot be written.
    """

    def __init__(self, path: Path, root: Path) -> None:
        self.path = path
        self.is_renewed = False
        self._root = os.fsencode(root)
        self._unkept_marks = 0
        try:
            self._connect()
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise self._explain(error) from error
            self._renew()

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    @property
    def count(self) -> int:
        """How many files were there at the last look."""
        with self._explained():
            return int(self._one("SELECT count(*) FROM file"))

    def known_paths(self) -> Iterator[bytes]:
        """What the last complete scan found, or, if none was completed, what any did."""
        statement = (
            "SELECT path FROM file, scan WHERE NOT is_folder"
            " AND (scan.complete IS NULL OR file.first_run <= scan.complete)"
        )
        with self._explained(), closing(self._connection.execute(statement)) as rows:
            for (path,) in rows:
                yield path

    def is_known(self, found: Found, *, is_decoded: bool) -> bool:
        """Whether ``found`` was read before and has not changed since; it is marked as seen."""
        with self._explained():
            cursor = self._connection.execute(
                "SELECT code FROM file WHERE path = ? AND size = ? AND mtime_ns = ? AND inode = ?"
                " AND is_decoded >= ? AND NOT is_folder",
                (found.path, found.size, found.mtime_ns, found.inode, is_decoded),
            )
            row = cursor.fetchone()
            if row is None or row[0] in _PASSING:
                return False
            self._mark(found)
        return True

    def keep(self, found: Found, outcome: Facts | WhisperwaveError, *, is_decoded: bool) -> None:
        """Remember what was read, at once."""
        values = (
            *(found.path, found.size, found.mtime_ns, found.inode, found.device, found.links),
            *(found.is_folder, self._run, self._run, is_decoded),
            *_columns(outcome),
        )
        with self._explained():
            self._connection.execute(
                "INSERT INTO file VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (path) DO UPDATE SET size = excluded.size,"
                " mtime_ns = excluded.mtime_ns, inode = excluded.inode, device = excluded.device,"
                " links = excluded.links, is_folder = excluded.is_folder,"
                " last_run = excluded.last_run, is_decoded = excluded.is_decoded,"
                " code = excluded.code, message = excluded.message, facts = excluded.facts",
                values,
            )
            self._commit()

    def finish(self) -> int:
        """Forget the files that were not seen again; returns how many.

        What lies in a folder that could not be looked into is not forgotten.
        """
        with self._explained():
            closed = self._connection.execute(
                "SELECT path FROM file WHERE is_folder AND last_run = ?", (self._run,)
            )
            self._closed = frozenset(path for (path,) in closed)
            self._connection.create_function("is_closed", 1, self._is_closed)
            self._connection.execute(
                "DELETE FROM file WHERE is_folder AND last_run < ?", (self._run,)
            )
            gone = self._connection.execute(
                "DELETE FROM file WHERE last_run < ? AND NOT is_closed(path)", (self._run,)
            )
            self._connection.execute("UPDATE scan SET complete = run")
            self._commit()
            return gone.rowcount

    def rows(self) -> Iterator[Row]:
        """Every file, in the order of the bytes of its path."""
        statement = (
            "SELECT path, device, inode, links, last_run, code, message, facts FROM file"
            " ORDER BY path"
        )
        with self._explained(), closing(self._connection.execute(statement)) as rows:
            for row in rows:
                yield self._row(*row)

    def _row(
        self, path: bytes, device: int, inode: int, links: int, last_run: int, *rest: str | None
    ) -> Row:
        code, message, facts = rest
        if last_run < self._run:
            what = f"'{shown(path)}' lies in a folder that cannot be looked into now."
            return Row(path, None, None, "ABSENT", what)
        same_as = (device, inode) if links > 1 else None
        if facts is None:
            return Row(path, None, None, code or "", message or "")
        return Row(path, same_as, Facts(**json.loads(facts)))

    def _is_closed(self, path: bytes) -> bool:
        parts = path.split(b"/")
        return any(b"/".join(parts[:count]) in self._closed for count in range(len(parts)))

    def _mark(self, found: Found) -> None:
        if not self._connection.in_transaction:
            self._connection.execute("BEGIN")
        self._connection.execute(
            "UPDATE file SET last_run = ?, device = ?, links = ? WHERE path = ?",
            (self._run, found.device, found.links, found.path),
        )
        self._unkept_marks += 1
        if self._unkept_marks >= _MOST_UNKEPT_MARKS:
            self._commit()

    def _commit(self) -> None:
        self._unkept_marks = 0
        if self._connection.in_transaction:
            self._connection.execute("COMMIT")

    def _connect(self) -> None:
        self._connection = sqlite3.connect(self.path, timeout=_BUSY_SECONDS, isolation_level=None)
        try:
            for setting in _SETTINGS:
                self._connection.execute(f"PRAGMA {setting}")
            self._check()
            self._connection.execute("UPDATE scan SET run = run + 1")
            self._run = int(self._one("SELECT run FROM scan"))
        except BaseException:
            self._connection.close()
            raise

    def _check(self) -> None:
        self._connection.execute("BEGIN EXCLUSIVE")
        if self._one("PRAGMA schema_version") == 0:
            for statement in filter(str.strip, _SCHEMA.split(";")):
                self._connection.execute(statement)
            self._connection.execute("INSERT INTO scan VALUES (?, 0, NULL)", (self._root,))
        self._connection.execute("COMMIT")
        if self._one("PRAGMA application_id") != _APPLICATION_ID:
            raise self._refusal("NOT_A_JOURNAL", "belongs to another program", _ANOTHER)
        if self._one("PRAGMA user_version") > FORM:
            raise self._refusal("JOURNAL_NEWER", "is of a newer whisperwave", "Install that one.")
        if self._one("PRAGMA quick_check(1)") != "ok":
            raise sqlite3.DatabaseError("its pages contradict each other")
        root = self._one("SELECT root FROM scan")
        if root != self._root:
            raise self._refusal("OTHER_ROOT", f"remembers a scan of '{shown(root)}'", _ANOTHER)

    def _renew(self) -> None:
        """Put a damaged journal aside and begin a new one: everything is read again."""
        with self._explained():
            aside = self.path.with_name(f"{self.path.name}.damaged")
            try:
                self.path.replace(aside)
                with suppress(FileNotFoundError):
                    self.path.with_name(f"{self.path.name}-journal").unlink()
            except OSError as error:
                raise OutputError(
                    "WRITE_FAILED", f"'{shown(self.path)}' is damaged and cannot be put aside.",
                    "Move it away.",
                ) from error  # fmt: skip
            self._connect()
            self.is_renewed = True

    def _one(self, statement: str) -> Any:
        return self._connection.execute(statement).fetchone()[0]

    def _refusal(self, code: str, why: str, remedy: str) -> LibraryError:
        return LibraryError(code, f"The scan's journal '{shown(self.path)}' {why}.", remedy)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise self._explain(error) from error

    def _explain(self, error: sqlite3.Error) -> WhisperwaveError:
        primary = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return self._refusal("SCAN_RUNNING", "is in use by another scan", "Wait for its end.")
        what = f"The scan's journal '{shown(self.path)}' failed: {error}."
        if primary == sqlite3.SQLITE_FULL:
            return OutputError("DISK_FULL", what, "Free some space, then run the same again.")
        if primary in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
            return OutputError("READ_ONLY", what, "Name an --output in a folder you may write to.")
        return LibraryError("JOURNAL_FAILED", what, "Move it away; everything is then read again.")


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    """Whether the file is no sound database; other errors say so by their code."""
    primary = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    return primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _columns(outcome: Facts | WhisperwaveError) -> tuple[str | None, str | None, str | None]:
    """Code, message and facts, as a row has them."""
    if isinstance(outcome, WhisperwaveError):
        return outcome.code, outcome.message, None
    return None, None, json.dumps(asdict(outcome))
