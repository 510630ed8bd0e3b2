"""Files and folders that appear whole or not at all.

A write goes to a temporary file in the same folder, is flushed to the disk, takes its final name in
one rename, and the folder is flushed too. A kill at any instruction leaves the old file or the new
one, and at worst a temporary file, which `sweep` removes. Several machines may write into one
folder: a temporary name says which process of which machine writes.
"""

import errno
import os
import platform
import shutil
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from whisperwave.errors import OutputError

_PAGE_BYTES = 65_536
_REASONS = {
    errno.ENOENT: ("NO_SUCH_FOLDER", "Make the folder first, or choose another."),
    errno.ENOTDIR: ("NO_SUCH_FOLDER", "Choose a folder, not a file, to write into."),
    errno.EACCES: ("PERMISSION", "Choose a folder that you may write to."),
    errno.EPERM: ("PERMISSION", "Choose a folder that you may write to."),
    errno.EROFS: ("READ_ONLY", "Choose a folder on a disk that can be written."),
    errno.ENOSPC: ("DISK_FULL", "Free some space on the disk, then run the same command again."),
    errno.EDQUOT: ("DISK_FULL", "Free some of your disk quota, then run the same command again."),
    errno.EISDIR: ("IS_A_FOLDER", "Give the name of a file."),
    errno.ENAMETOOLONG: ("PATH_TOO_LONG", "Choose a shorter name."),
}

_LONGEST_SECONDS = 86_400.0  # that a writer on another machine leaves its file alone


@contextmanager
def replacing(path: Path, *, flushes: bool = True) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; on success it becomes ``path``, durably.

    Whatever ends the block early (an error, Ctrl-C) removes the temporary file and leaves the old
    one as it was.

    Args:
        path: the file to be.
        flushes: wait until the disk has it; a file that can be made again need not.

    Raises:
        OutputError: the folder is missing, full or not writable; the code says which.
    """
    temporary = temporary_name(path)
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "is a folder")
        yield temporary
        if flushes:
            flush(temporary)
        temporary.replace(path)
        if flushes:
            flush(path.parent)
    except OSError as error:
        raise explain(error, path) from error
    finally:
        _discard(temporary)


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Yield a new, empty folder beside ``path``; on success it becomes ``path``, durably.

    A folder that was there is removed once the new one stands whole; a kill between the two leaves
    both, the old one under a hidden name. What ends the block early leaves the old one as it was.

    Raises:
        OutputError: the place is missing, full or not writable; the code says which.
    """
    temporary, old = temporary_name(path), temporary_name(path.with_name(f"{path.name}.old"))
    try:
        temporary.mkdir()
        yield temporary
        for folder, _, names in os.walk(temporary):
            for name in names:
                flush(Path(folder) / name)
            flush(Path(folder))
        if path.exists():
            path.rename(old)
        temporary.rename(path)
        flush(path.parent)
    except OSError as error:
        raise explain(error, path) from error
    finally:
        for left in (temporary, old):
            shutil.rmtree(left, ignore_errors=True)


def write_bytes(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path``, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def flush(path: Path) -> None:
    """Wait until the disk has a file, or the names in a folder.

    Raises:
        OSError: it says that it has not.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sweep(folder: Path) -> int:
    """Remove temporary files and folders whose writer is gone; returns how many there were.

    Whether a process of another machine lives cannot be seen from here: what it has not touched for
    a day is taken for left.
    """
    orphans = [path for path in folder.glob(".*.tmp.*") if not _writer_lives(path)]
    for path in orphans:
        _discard(path)
    return len(orphans)


def temporary_name(path: Path) -> Path:
    """The name beside ``path`` that says this process writes it; `sweep` knows it."""
    return path.with_name(f".{path.name}.tmp.{_machine()}.{os.getpid()}")


def explain(error: OSError, path: Path) -> OutputError:
    """Turn an operating-system error about ``path`` into one of ours."""
    known = error.errno or (errno.ENOSPC if _is_full(path.parent) else 0)
    code, remedy = _REASONS.get(known, ("WRITE_FAILED", "Try another folder."))
    why = error.strerror or (os.strerror(known) if known else str(error))
    return OutputError(code, f"{str(path)!r} cannot be written: {why}.", remedy)


def _is_full(folder: Path) -> bool:
    """Whether there is no room for a page: NumPy tells of a write that was cut, and not why."""
    try:
        return shutil.disk_usage(folder).free < _PAGE_BYTES
    except OSError:
        return False


def _machine() -> str:
    return f"{zlib.crc32(platform.node().encode()):08x}"


def _writer_lives(path: Path) -> bool:
    machine, _, pid = path.name.rpartition(".tmp.")[2].rpartition(".")
    if machine not in ("", _machine()):
        return _age_seconds(path) < _LONGEST_SECONDS
    return pid.isdigit() and Path(f"/proc/{pid}").exists()


def _age_seconds(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0  # it is being renamed


def _discard(path: Path) -> None:
    try:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError:
        # The reason that stopped the write also stops the clean-up; `sweep` comes back for it.
        return
