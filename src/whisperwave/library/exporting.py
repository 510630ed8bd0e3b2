"""A clip taken out of the library: its own bytes again, under a name that any system takes."""

import re
from pathlib import Path

from whisperwave.errors import OutputError
from whisperwave.library import durable
from whisperwave.library.clips import Clip
from whisperwave.library.containers.sniffing import examine

_LONGEST_NAME = 80


def export_clip(clip: Clip, content: bytes, folder: Path) -> Path:
    """Write ``content`` into ``folder``, named by the clip's number and title.

    A file that is there already is left alone if it holds the same bytes.

    Raises:
        OutputError: ``EXISTS``, a different file has that name; or the folder cannot be written.
    """
    path = folder / f"{clip.number:03} {_plain(clip.title)}.{examine(content).kind.lower()}"
    if path.exists() and path.read_bytes() != content:
        raise OutputError(
            "EXISTS", f"{str(path)!r} exists and holds something else.",
            "Move it away, or export into another folder.",
        )  # fmt: skip
    durable.write_bytes(path, content)
    return path


def _plain(title: str) -> str:
    """A title as part of a file name: no separators, no leading dot, not too long."""
    kept = re.sub(r'[\\/:*?"<>|\x00-\x1f]+', "-", title).strip(" .")
    return kept[:_LONGEST_NAME].rstrip(" .") or "clip"
