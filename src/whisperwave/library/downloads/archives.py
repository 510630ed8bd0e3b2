"""What is inside an archive, or an unpacked folder, given out file by file.

Nothing is ever written under a name that an archive gives. An archive that tries to leave its
folder (``../``, a path from the root, a link), that holds one name twice, or that would be larger
than a set can be is refused before anything of it is used.
"""

import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Set
from pathlib import Path
from typing import Protocol

from whisperwave.errors import DownloadError, WhisperwaveError
from whisperwave.library import source
from whisperwave.library.collections.walking import walk
from whisperwave.library.display import shown

LARGEST_MEMBER = 1024**3
LARGEST_WHOLE = 200 * 1024**3
_MOST_MEMBERS = 1_000_000
_LONGEST_HEADER = 1024**2
_ENCRYPTED = 0x1
# What the standard library raises of damaged bytes, by no common name: each format and each way to
# compress has its own, and numbers that cannot be are plain errors of value.
_DAMAGE = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError,
    NotImplementedError,
)  # fmt: skip
_LONG_HEADERS = (
    tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)  # fmt: skip

Content = bytes | WhisperwaveError


class Store(Protocol):
    """Files by their names."""

    def names(self) -> list[str]:
        """The names of all files, checked.

        Raises:
            DownloadError: ``ARCHIVE_UNSAFE`` or ``ARCHIVE_DAMAGED``.
        """

    def contents(self, wanted: Set[str]) -> Iterator[tuple[str, Content]]:
        """The wanted files in the order in which they lie; what cannot be read is an error."""


def open_store(path: Path) -> Store:
    """The zip or tar file, or the folder, at ``path``.

    Raises:
        DownloadError: ``NO_ARCHIVE``, it is neither.
    """
    if path.is_dir():
        return _Folder(path)
    if zipfile.is_zipfile(path):
        return _Zip(path)
    if path.is_file() and tarfile.is_tarfile(path):
        return _Tar(path)
    raise DownloadError(
        "NO_ARCHIVE", f"'{shown(path)}' is no zip file, tar file or folder.", "Get it again."
    )


class _Zip:
    def __init__(self, path: Path) -> None:
        self._path = path

    def names(self) -> list[str]:
        try:
            with zipfile.ZipFile(self._path) as file:
                members = [info for info in file.infolist() if not info.is_dir()]
        except _DAMAGE as error:
            raise _damaged(self._path, error) from error
        _check(self._path, ((info.filename, info.file_size) for info in members))
        # Two members in the same bytes are how a small file can hold a great many.
        if sum(info.compress_size for info in members) > self._path.stat().st_size:
            raise _unsafe(self._path, "its files lie one in the other")
        for info in members:
            if stat.S_ISLNK(info.external_attr >> 16):
                raise _unsafe(self._path, f"{shown(info.filename)!r} is a link")
            if info.flag_bits & _ENCRYPTED:
                raise _unsafe(self._path, f"{shown(info.filename)!r} is encrypted")
        return [info.filename for info in members]

    def contents(self, wanted: Set[str]) -> Iterator[tuple[str, Content]]:
        with zipfile.ZipFile(self._path) as file:
            for info in file.infolist():
                if info.filename in wanted:
                    try:
                        with file.open(info) as member:
                            yield info.filename, member.read(info.file_size)
                    except _DAMAGE as error:
                        yield info.filename, _damaged(Path(info.filename), error)


class _Entry(tarfile.TarInfo):
    """A member whose long name, if it has one, is not as long as memory."""

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        if self.type in _LONG_HEADERS and self.size > _LONGEST_HEADER:
            raise tarfile.HeaderError(f"a header of {self.size} bytes")
        return super()._proc_member(archive)  # type: ignore[misc, no-any-return] # for subclasses


class _Tar:
    def __init__(self, path: Path) -> None:
        self._path = path

    def names(self) -> list[str]:
        members: list[tuple[str, int]] = []
        try:
            with self._opened() as file:
                for member in file:
                    if not (member.isreg() or member.isdir()):
                        raise _unsafe(self._path, f"{shown(member.name)!r} is no plain file")
                    if member.isreg():
                        members.append((member.name, member.size))
                    _check(self._path, members[-1:])
        except _DAMAGE as error:
            raise _damaged(self._path, error) from error
        _check(self._path, members)
        return [name for name, _ in members]

    def contents(self, wanted: Set[str]) -> Iterator[tuple[str, Content]]:
        try:
            with self._opened() as file:
                for member in file:
                    if member.name in wanted:
                        opened = file.extractfile(member)
                        yield member.name, b"" if opened is None else opened.read()
        except _DAMAGE as error:
            raise _damaged(self._path, error) from error

    def _opened(self) -> tarfile.TarFile:
        return tarfile.open(self._path, "r|*", tarinfo=_Entry)


class _Folder:
    def __init__(self, path: Path) -> None:
        self._path = path

    def names(self) -> list[str]:
        found = (one.path for one in walk(self._path) if one.fault is None)
        return sorted(path.decode("utf-8", "surrogateescape") for path in found)

    def contents(self, wanted: Set[str]) -> Iterator[tuple[str, Content]]:
        for name in sorted(wanted):
            try:
                yield name, source.read(self._path / name)
            except WhisperwaveError as error:
                yield name, error


def _check(path: Path, members: Iterable[tuple[str, int]]) -> None:
    seen: set[str] = set()
    whole = 0
    for name, size in members:
        parts = name.replace("\\", "/").split("/")
        is_rooted = parts[0] == "" or ":" in parts[0]
        if is_rooted or ".." in parts or "\0" in name:
            raise _unsafe(path, f"{shown(name)!r} leads out of it")
        plain = "/".join(part for part in parts if part not in ("", "."))
        if plain in seen:
            raise _unsafe(path, f"{shown(name)!r} is in it twice")
        seen.add(plain)
        whole += size
        if size > LARGEST_MEMBER or whole > LARGEST_WHOLE or len(seen) > _MOST_MEMBERS:
            raise _unsafe(path, f"unpacked it would be too large, from {shown(name)!r} on")


def _unsafe(path: Path, why: str) -> DownloadError:
    return DownloadError(
        "ARCHIVE_UNSAFE", f"The archive '{shown(path)}' is refused: {why}.",
        "It is not the archive that it should be; get it from the data set's own page.",
    )  # fmt: skip


def _damaged(path: Path, error: Exception) -> DownloadError:
    return DownloadError(
        "ARCHIVE_DAMAGED", f"'{shown(path)}' cannot be unpacked: {error}.", "Get it again."
    )
