"""Which files of a set are done: a line each, written when the file is on the disk.

A line begins with the checksum of the rest, so one that a kill or a power cut has torn is seen, and
it and what follows are done again.
"""

import json
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from whisperwave.library import durable


@dataclass(frozen=True, slots=True)
class Done:
    """One file of the archive: where its sound is now, or the code of why it has none."""

    member: str
    path: str = ""
    speaker: str = ""
    seconds: float = 0.0
    sample_rate: int = 0
    sha256: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    code: str = ""


class Ledger:
    """The lines, read once and then appended to."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.done = {one.member: one for one in _read(path)}

    def add(self, done: Done) -> None:
        """Note that a file is done.

        Raises:
            OutputError: the ledger cannot be written.
        """
        try:
            with self._path.open("ab") as file:
                file.write(_line(asdict(done)))
        except OSError as error:
            raise durable.explain(error, self._path) from error
        self.done[done.member] = done


def _read(path: Path) -> Iterator[Done]:
    """The lines up to the first that is torn, which is cut off with what follows."""
    if not path.exists():
        return
    good = 0
    with path.open("r+b") as file:
        for line in file:
            entry = _entry(line)
            if entry is None:
                file.seek(good)
                file.truncate()
                return
            good += len(line)
            yield entry


def _entry(line: bytes) -> Done | None:
    checksum, _, text = line.partition(b" ")
    if not line.endswith(b"\n") or checksum != _checksum(text):
        return None
    try:
        return Done(**json.loads(text))
    except (ValueError, TypeError):
        return None


def _line(mapping: dict[str, Any]) -> bytes:
    text = json.dumps(mapping, sort_keys=True, separators=(",", ":")).encode("ascii") + b"\n"
    return _checksum(text) + b" " + text


def _checksum(text: bytes) -> bytes:
    return f"{zlib.crc32(text):08x}".encode("ascii")
