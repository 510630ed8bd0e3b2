"""Everything under a folder, one entry at a time: no list, no recursion, no link followed.

A folder of a hundred thousand files and a tree of two hundred floors take the same memory.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from whisperwave.errors import AudioError
from whisperwave.library import source
from whisperwave.library.display import shown


@dataclass(frozen=True, slots=True)
class Found:
    """One entry that is no folder, or a folder that may not be looked into.

    ``path`` is relative to the walk's root, as the system spells it. ``fault`` says why the entry
    is not worth opening.
    """

    path: bytes
    size: int
    mtime_ns: int
    inode: int
    device: int
    links: int
    fault: AudioError | None = None
    is_folder: bool = False


def walk(root: Path, apart_from: frozenset[bytes] = frozenset()) -> Iterator[Found]:
    """Everything under ``root`` that is no folder, in no order.

    Args:
        root: where to begin; it may be a link itself.
        apart_from: relative paths that are not to be told of.
    """
    top = os.fsencode(root)
    waiting = [b""]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(top + b"/" + folder) as entries:
                for entry in entries:
                    path = folder + b"/" + entry.name if folder else entry.name
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(path)
                    elif path not in apart_from:
                        yield _found(root, path, entry)
        except OSError as error:
            yield _closed(root, folder, error)


def _found(root: Path, path: bytes, entry: os.DirEntry[bytes]) -> Found:
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError as error:
        return _closed(root, path, error, is_folder=False)
    identity = (status.st_size, status.st_mtime_ns, status.st_ino, status.st_dev, status.st_nlink)
    return Found(path, *identity, fault=_fault(path, status))


def _fault(path: bytes, status: os.stat_result) -> AudioError | None:
    if stat.S_ISLNK(status.st_mode):
        return AudioError(
            "LINK", f"'{shown(path)}' is a link; links are not followed.", "Scan what it leads to."
        )
    return source.not_regular(path, status)


def _closed(root: Path, path: bytes, error: OSError, is_folder: bool = True) -> Found:
    fault = source.explain(error, root / os.fsdecode(path))
    return Found(path, 0, 0, 0, 0, 1, fault=fault, is_folder=is_folder)
