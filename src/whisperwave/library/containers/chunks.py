"""Chunks of a WAV or AIFF file, and what stands behind the last of them."""

from collections.abc import Iterable
from dataclasses import dataclass

from whisperwave.library.containers.header import mismatch

# The most that some programs put behind the sound to fill a block.
_PADDING = 8
# A second sound file behind the first is no chunk of it.
_FILES = (b"RIFF", b"RF64", b"RIFX", b"riff", b"FORM")


@dataclass(frozen=True)
class Chunk:
    """A name, and where the bytes under it are, if the file is long enough."""

    name: bytes
    start: int
    size: int

    @property
    def end(self) -> int:
        """The byte after the last."""
        return self.start + self.size


def claimed_end(end: int, after: Iterable[Chunk], length: int) -> int:
    """Where the last of the well-formed chunks ends that stand ``after`` the sound's ``end``."""
    for chunk in after:
        is_named = chunk.name.isascii() and chunk.name.decode("ascii").isprintable()
        if chunk.end > length or not is_named or chunk.name in _FILES:
            break
        end = max(end, chunk.end)
    return end


def junk_after(end: int, length: int, sound_bytes: int) -> int:
    """How many bytes from ``end`` on belong to no chunk, and are more than padding.

    Raises:
        AudioError: they are more than the sound, so the size that the header gives is wrong.
    """
    junk = length - end if length - end > _PADDING else 0
    if junk > sound_bytes:
        what = f"{sound_bytes} bytes of audio, and {junk} bytes follow that are nothing else"
        raise mismatch(f"The header says there are {what}.")
    return junk


def junk_notes(junk: int) -> tuple[str, ...]:
    """What a listener is told about that."""
    return (f"JUNK_AFTER: {junk} bytes after the sound.",) if junk else ()
