"""Some clips of a library, lent to whoever plays them, in this process or another."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from whisperwave.library.audio import Audio
from whisperwave.library.blobs import read_verified
from whisperwave.library.clips import Clip
from whisperwave.library.decoding import decode_content


class Clips(Protocol):
    """What playing needs of a library."""

    def clip(self, number: int) -> Clip:
        """One clip."""

    def audio(self, number: int) -> Audio:
        """A clip's samples."""


@dataclass(frozen=True)
class Lent:
    """Clips by their numbers, each with the place of its file; a value."""

    clips: Mapping[int, Clip]
    paths: Mapping[int, Path]

    def clip(self, number: int) -> Clip:
        """One of the clips."""
        return self.clips[number]

    def audio(self, number: int) -> Audio:
        """A clip's samples, decoded from bytes whose digest was checked.

        Raises:
            LibraryError: CLIP_MISSING or CLIP_DAMAGED.
        """
        return audio_of(self.clips[number], self.paths[number])


def audio_of(clip: Clip, path: Path) -> Audio:
    """A clip's samples, decoded from bytes whose digest was checked.

    Raises:
        LibraryError: CLIP_MISSING or CLIP_DAMAGED.
    """
    content = read_verified(path, clip.digest, clip.title)
    # What was cut when it was added was taken in knowingly; here that is only a note.
    return decode_content(content, path, allow_truncated=True)
