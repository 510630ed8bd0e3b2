"""What a sound file says of itself: its length, its rate and its tags, without being decoded.

The content decides what kind of file it is. Its tags are read by tinytag through a file that gives
only so much: a tag of many megabytes, or a file in which no header ever comes, costs little time
and little memory.
"""

import hashlib
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, cast

from tinytag import TinyTag, TinyTagException, UnsupportedFormatError

from whisperwave.errors import AudioError
from whisperwave.library import source
from whisperwave.library.containers import examine
from whisperwave.library.containers.header import checked_rate, mismatch
from whisperwave.library.containers.sniffing import HEAD_BYTES, kind_of
from whisperwave.library.decoding import Inspection, inspect_content
from whisperwave.library.display import stored

_MOST_BYTES = 64 * 1024**2
_MOST_READS = 2_000_000
_MOST_TAGS = 64
_LONGEST_SECONDS = 1e7  # more than the largest file can hold
_LONGEST_NAME = 64
# Long, and of no use to tell sounds apart.
_LEFT_OUT = frozenset(("lyrics", "comment", "xmp", "encoder_settings", "encoded_by", "url"))
_FIELDS = ("artist", "albumartist", "album", "title", "composer", "genre", "year", "track", "disc")
_YEAR = re.compile(r"(?<!\d)(1\d{3}|20\d\d|21\d\d)(?!\d)")
_PLAIN_CODECS = ('"1"', '"3"')  # whole numbers and floating-point ones
_RATED_TYPES = ("audio/wav", "audio/aiff", "audio/mpeg")  # whose bit rate is not made of their size
_SLACK = 1.05
_KINDS_BY_TYPE = {"audio/flac": "FLAC"}


@dataclass(frozen=True, slots=True)
class Facts:
    """One sound file.

    ``kind`` is its container; ``seconds`` and ``sample_rate`` (Hz) are what its header says, or
    what came out of it where it was decoded; ``sha256`` is known only then. ``tags`` holds
    printable text of at most 4 KiB under lower-case names.
    """

    kind: str
    seconds: float
    sample_rate: int
    tags: Mapping[str, str] = field(default_factory=dict)
    sha256: str | None = None


def read_facts(path: Path, *, is_decoded: bool = False) -> Facts:
    """What the file at ``path`` says of itself.

    Args:
        path: any file; it is only ever read.
        is_decoded: also decode all of it, so that damage is found.

    Raises:
        AudioError: it cannot be read, is not audio, has tags that make no sense, or is damaged: by
            its header, or, where it is decoded, anywhere.
    """
    if is_decoded:
        content = source.read(path)
        found = inspect_content(content, path)
        digest = hashlib.sha256(content).hexdigest()
        facts = _facts(io.BytesIO(content), len(content), path, found)
        return replace(facts, sha256=digest)
    with source.opened(path) as file:
        return _facts(file, file.seek(0, io.SEEK_END), path)


def _facts(file: BinaryIO, size: int, path: Path, found: Inspection | None = None) -> Facts:
    file.seek(0)
    kind = kind_of(file.read(HEAD_BYTES))
    tag, refusal = _tag_or_why_not(file, size, kind.junk) if kind.is_tagged else (None, None)
    seconds, sample_rate = _length(tag, file, path, found)
    if refusal is not None:
        raise refusal
    if tag is None:
        return Facts(kind.name, seconds, sample_rate)
    name = _KINDS_BY_TYPE.get(tag.mime_type or "", kind.name)
    return Facts(name, seconds, sample_rate, dict(_tags(tag)))


def _tag_or_why_not(
    file: BinaryIO, size: int, junk: int
) -> tuple[TinyTag | None, AudioError | None]:
    """Its tags; or neither, where there is something else in front of the sound.

    Where the tags make no sense, the header may know better why: that is for `_length` to say
    first, unless looking takes too much.
    """
    try:
        return _read_tag(_Sparing(file, size, junk)), None
    except AudioError as refusal:
        if size > _MOST_BYTES:
            raise
        is_unknown = isinstance(refusal.__cause__, UnsupportedFormatError)
        return None, None if is_unknown else refusal


def _length(
    tag: TinyTag | None, file: BinaryIO, path: Path, found: Inspection | None
) -> tuple[float, int]:
    """Seconds and rate (Hz): as found by decoding, as the tag reader saw, or by our own check.

    That names a fault as decoding does. Where the header does not know (a file that came out of a
    pipe), or claims more than is there (one that is cut), the sound is decoded.
    """
    if found is not None:
        return found.seconds, found.sample_rate
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    if tag is None or not tag.duration or not tag.samplerate or _is_rare_wav(tag):
        header = examine(content := file.read())
        if header.sample_rate and header.expected_frames and not header.is_cut:
            return header.expected_frames / header.sample_rate, header.sample_rate
    elif not tag.duration < _LONGEST_SECONDS:
        raise mismatch(f"The header says that the sound lasts {tag.duration:.3g} s.")
    elif not _claims_more(tag, size):
        return float(tag.duration), checked_rate(tag.samplerate)
    else:
        content = file.read()
    found = inspect_content(content, path)
    return found.seconds, found.sample_rate


def _is_rare_wav(tag: TinyTag) -> bool:
    """Whether the tag reader may be wrong about its length, as about ADPCM's."""
    kind, _, codec = (tag.mime_type or "").partition("; codecs=")
    return kind == "audio/wav" and codec not in _PLAIN_CODECS


def _claims_more(tag: TinyTag, size: int) -> bool:
    """Whether a sound of that length at that bit rate would not fit into the file."""
    is_rated = (tag.mime_type or "").partition(";")[0] in _RATED_TYPES
    return is_rated and (tag.duration or 0.0) * (tag.bitrate or 0.0) * 125.0 > _SLACK * size


def _read_tag(file: "_Sparing") -> TinyTag:
    try:
        return TinyTag.get(file_obj=cast("BinaryIO", file))
    except TinyTagException as error:
        raise AudioError(
            "TAGS_DAMAGED", f"Its header or tags make no sense: {stored(str(error))[:200]}.",
            "Write its tags again with a tag editor, or export it again.",
        ) from error  # fmt: skip


def _tags(tag: TinyTag) -> Iterator[tuple[str, str]]:
    """The tags that hold something: those with a name of their own first, then all others."""
    others = tag.other
    named = ((name, _joined(getattr(tag, name), others.get(name, ()))) for name in _FIELDS)
    rest = ((name, _joined(None, texts)) for name, texts in others.items() if name not in _FIELDS)
    kept = 0
    for name, text in (*named, *rest):
        if text and kept < _MOST_TAGS and name not in _LEFT_OUT and _is_plain(name):
            kept += 1
            yield from _dated(text) if name == "year" else ((name, text),)


def _dated(text: str) -> Iterator[tuple[str, str]]:
    """A date has a year in it, perhaps."""
    year = _YEAR.search(text)
    if year is not None:
        yield "year", year.group()
    if year is None or year.group() != text:
        yield "date", text


def _joined(first: object, others: Iterable[str]) -> str:
    """All texts under one name as one, escaped and cut."""
    texts = [str(text) for text in (first, *others) if text not in (None, "")]
    return stored("; ".join(texts))


def _is_plain(name: str) -> bool:
    return name.isprintable() and 0 < len(name) <= _LONGEST_NAME and name == name.strip().lower()


class _Sparing:
    """A file that gives at most so many bytes, in at most so many reads, and never more than asked.

    For its reader it begins behind ``junk`` bytes.

    Raises:
        ValueError: the reader asked for more.
    """

    def __init__(self, file: BinaryIO, size: int, junk: int) -> None:
        self._file, self._size, self._junk = file, size, junk
        file.seek(junk)
        self._bytes, self._reads = _MOST_BYTES, _MOST_READS

    def read(self, count: int = -1) -> bytes:
        left = max(0, self._size - self._file.tell())
        wanted = left if count < 0 else min(count, left)
        self._bytes -= wanted
        self._reads -= 1
        if self._bytes < 0 or self._reads < 0:
            raise ValueError(f"they take more than {_MOST_BYTES} bytes or {_MOST_READS} reads")
        return self._file.read(wanted)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = self._junk if whence == io.SEEK_SET else 0
        return self._file.seek(start + offset, whence) - self._junk

    def tell(self) -> int:
        return self._file.tell() - self._junk
