"""Reading what a path names: only regular files, never a pipe or a device, and whole or not at all.

The bytes that are checked here are the bytes that are digested, decoded and kept, so a file that
changes in between cannot slip past a check.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from whisperwave.errors import AudioError
from whisperwave.library.display import shown

LARGEST_FILE = 2 * 1024**3

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
_REASONS = {
    errno.ENOENT: ("NO_SUCH_FILE", "does not exist", "Check the name for a slip."),
    errno.ENOTDIR: ("NO_SUCH_FILE", "does not exist", "Check the name for a slip."),
    errno.EACCES: ("PERMISSION", "may not be read by you", "Change its permissions, or copy it."),
    errno.EPERM: ("PERMISSION", "may not be read by you", "Change its permissions, or copy it."),
    errno.ENAMETOOLONG: ("PATH_TOO_LONG", "is too long a path", "Move it nearer to the root."),
    errno.ELOOP: ("LINK_LOOP", "is a link that leads back to itself", "Remove the link."),
}
# Without O_NONBLOCK, opening a pipe that took the file's place since the look would wait for ever.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def read(path: Path) -> bytes:
    """All bytes of the regular file at ``path``.

    Raises:
        AudioError: NOT_A_FILE, NO_SUCH_FILE, PERMISSION, PATH_TOO_LONG, LINK_LOOP, AUDIO_TOO_LONG,
            or CHANGED_DURING_READ when it changed while being read, twice.
    """
    try:
        return _read_once(path)
    except AudioError as error:
        if error.code != "CHANGED_DURING_READ":
            raise
        return _read_once(path)


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The regular file at ``path``, to read parts of it.

    Raises:
        AudioError: as `read`; CHANGED_DURING_READ when it changed before the end of the block.
    """
    with _explained(path):
        _require_regular(path, path.stat())
        with open(os.open(path, _FLAGS), "rb") as file:  # noqa: PTH123 - Path.open takes no flags
            before = os.fstat(file.fileno())
            _require_regular(path, before)
            yield file
            after = os.fstat(file.fileno())
        if not _identity(before) == _identity(after) == _identity(path.stat()):
            raise _changed(path)


def not_regular(path: Path | bytes, status: os.stat_result) -> AudioError | None:
    """Why a path of this status is no file to read sound from; None if it is one."""
    if not stat.S_ISREG(status.st_mode):
        kind = _KINDS.get(stat.S_IFMT(status.st_mode), "not a regular file")
        what = f"'{shown(path)}' is {kind}, not a sound file."
        return AudioError("NOT_A_FILE", what, "Give a sound file.")
    if status.st_size > LARGEST_FILE:
        what = f"'{shown(path)}' has {status.st_size} bytes; the most is {LARGEST_FILE}."
        return AudioError("AUDIO_TOO_LONG", what, "Cut it into shorter files.")
    return None


def explain(error: OSError, path: Path) -> AudioError:
    """Turn an operating-system error about reading ``path`` into one of ours."""
    unknown = ("UNREADABLE", f"cannot be read: {error.strerror}", "Copy it to another disk.")
    code, what, remedy = _REASONS.get(error.errno or 0, unknown)
    return AudioError(code, f"'{shown(path)}' {what}.", remedy)


def _read_once(path: Path) -> bytes:
    with opened(path) as file:
        return file.read(os.fstat(file.fileno()).st_size + 1)


def _identity(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _require_regular(path: Path, status: os.stat_result) -> None:
    fault = not_regular(path, status)
    if fault is not None:
        raise fault


def _changed(path: Path) -> AudioError:
    return AudioError(
        "CHANGED_DURING_READ",
        f"'{shown(path)}' was changed by another program while it was read.",
        "Wait until the other program is done with it.",
    )


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn the operating system's errors inside the block into ours."""
    try:
        yield
    except OSError as error:
        raise explain(error, path) from error
    except ValueError as error:  # a NUL in the name, which no file can have
        raise AudioError(
            "NO_SUCH_FILE", f"'{shown(path)}' does not exist.", "Check the name for a slip."
        ) from error
