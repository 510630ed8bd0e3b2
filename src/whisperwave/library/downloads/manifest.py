"""What was downloaded into a folder, and from archives of which digests.

A digest that nobody had published is noted at the first download; from then on the archive must be
that one.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from whisperwave.errors import DownloadError
from whisperwave.library import durable
from whisperwave.library.display import shown

FORMAT = "whisperwave-download"
VERSION = 1
NAME = "manifest.json"
_BLOCK_BYTES = 1024**2

Progress = Callable[[float, float], None]


@dataclass(frozen=True)
class Manifest:
    """``archives`` maps an archive's name to its SHA-256; ``counts`` files by reason code."""

    name: str
    licence: str
    sample_rate: int | None
    archives: dict[str, str] = field(default_factory=dict)
    files: int = 0
    seconds: float = 0.0
    counts: dict[str, int] = field(default_factory=dict)
    is_complete: bool = False
    keeps_archives: bool = False

    def pinned(self, archive: str, digest: str) -> "Manifest":
        """The manifest with an archive's digest in it."""
        return replace(self, archives={**self.archives, archive: digest})


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a folder; None if nothing was downloaded there.

    Raises:
        DownloadError: ``MANIFEST_BAD``.
    """
    path = folder / NAME
    try:
        mapping: dict[str, Any] = json.loads(path.read_bytes())
        if (mapping.pop("format"), mapping.pop("version")) != (FORMAT, VERSION):
            raise ValueError("it is of another form")
        return Manifest(**mapping)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise DownloadError(
            "MANIFEST_BAD", f"'{shown(path)}' cannot be used: {error}.",
            "Name another folder with --to, or remove this one.",
        ) from error  # fmt: skip


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, whole or not at all."""
    mapping = {"format": FORMAT, "version": VERSION, **asdict(manifest)}
    durable.write_bytes(folder / NAME, (json.dumps(mapping, indent=2) + "\n").encode("ascii"))


def digest_of_file(path: Path, progress: Progress | None = None) -> str:
    """The SHA-256 of a file of any size."""
    digest = hashlib.sha256()
    whole, done = path.stat().st_size, 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
            done += len(block)
            if progress is not None:
                progress(done, whole)
    return digest.hexdigest()


def read_sums(text: str) -> dict[str, str]:
    """Digests by file name, from the text of a ``SHA256SUMS`` file; other lines do not count."""
    sums: dict[str, str] = {}
    for line in text.splitlines():
        digest, _, name = line.strip().partition(" ")
        plain = name.strip().removeprefix("*").removeprefix("./")
        if len(digest) == 64 and all(d in "0123456789abcdefABCDEF" for d in digest) and plain:
            sums[plain] = digest.lower()
    return sums
