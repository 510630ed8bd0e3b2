"""Sound files kept by their content: ``clips/ab/abcdef…``, named by the SHA-256 of their bytes."""

import hashlib
from pathlib import Path

from whisperwave.errors import LibraryError
from whisperwave.library import durable


def digest_of(content: bytes) -> str:
    """The name of some content: its SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


class BlobStore:
    """A folder of files that are never changed, only added and, if no row wants them, removed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, digest: str) -> Path:
        """Where the content with this digest is, or would be."""
        return self.folder / digest[:2] / digest

    def put(self, digest: str, content: bytes) -> None:
        """Keep ``content``; when this returns, it is on the disk and survives a power cut."""
        path = self.path(digest)
        if not (path.exists() and digest_of(path.read_bytes()) == digest):
            make_folder(path.parent)
            durable.write_bytes(path, content)

    def remove(self, digest: str) -> None:
        """Forget content that was never acknowledged, with any half-written file of it.

        Raises:
            OutputError: it cannot be removed now.
        """
        path = self.path(digest)
        try:
            for leftover in (path, *path.parent.glob(f".{digest}.tmp.*")):
                leftover.unlink(missing_ok=True)
        except OSError as error:
            raise durable.explain(error, path) from error

    def is_empty(self) -> bool:
        """Whether nothing is kept here."""
        return not any(self.folder.glob("??/*"))


def read_verified(path: Path, digest: str, title: str) -> bytes:
    """The content at ``path``, if it is still what its digest says.

    Raises:
        LibraryError: CLIP_MISSING or CLIP_DAMAGED.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise LibraryError(
            "CLIP_MISSING",
            f"The sound of {title!r} cannot be read: {error.strerror}.",
            "Restore the data folder from a backup, or add the file again.",
        ) from error
    if digest_of(content) != digest:
        raise LibraryError(
            "CLIP_DAMAGED",
            f"The sound of {title!r} is no longer what was added (its SHA-256 differs).",
            "Add the original file again to repair it.",
        )
    return content


def make_folder(folder: Path) -> None:
    """Make ``folder`` and those above it, durably, and closed to other users."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        durable.flush(folder.parent)
    except OSError as error:
        raise durable.explain(error, folder) from error
