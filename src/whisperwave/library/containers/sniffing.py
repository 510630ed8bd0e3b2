"""What kind of file is this? Told by its first bytes, never by its name."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from whisperwave.errors import AudioError
from whisperwave.library.containers import aiff, flac, mp3, mp4, ogg, wav
from whisperwave.library.containers.header import Header, header_truncated

HEAD_BYTES = 65_536 + 4_096
_UNKNOWN = "of no kind known here"
_OTHERS = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a zip archive or an office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"SQLite format 3", "an SQLite database"),
    (b"MThd", "a MIDI score, which holds notes and no sound"),
    (b"\x1aE\xdf\xa3", "a Matroska or WebM film"),
    (b"0&\xb2u", "a Windows Media file"),
    (b"caff", "a Core Audio file"),
    (b".snd", "a Sun audio file"),
    (b"RIFX", "a big-endian WAV file"),
    (b"RIFF", "a RIFF file that is not WAV"),
    (b"FORM", "an IFF file that is not AIFF"),
    (b"MATLAB 5.0", "a MATLAB file"),
)
_NAMES: dict[Callable[[bytes], Header], str] = {
    wav.examine: "WAV",
    aiff.examine: "AIFF",
    flac.examine: "FLAC",
    ogg.examine: "Ogg",
    mp4.examine: "MP4",
    mp3.examine: "MP3",
}


def examine(content: bytes) -> Header:
    """Find the container and check its header.

    Raises:
        AudioError: AUDIO_EMPTY, NOT_AUDIO with the kind found, or what the container's check says.
    """
    if not content:
        raise _empty()
    start = mp3.skip_tags(content) if content.startswith(b"ID3") else 0
    check = _container(content, start)
    if check is None and not _tag_behind_junk(content):
        raise _not_audio(content)
    check = check or mp3.examine
    if check is mp3.examine or start == 0:
        return check(content)
    header = check(content[start:])
    return replace(header, skip=start, end=None if header.end is None else start + header.end)


@dataclass(frozen=True)
class Kind:
    """A container's name, whether it has tags to read, and the bytes of junk before the first."""

    name: str
    is_tagged: bool
    junk: int


def kind_of(head: bytes) -> Kind:
    """The container that a file's first `HEAD_BYTES` belong to.

    A tag in front of the sound may be longer than that; the file is then called MP3, which it most
    often is.

    Raises:
        AudioError: AUDIO_EMPTY, or NOT_AUDIO with the kind found.
    """
    if not head:
        raise _empty()
    start = mp3.skip_tags(head) if head.startswith(b"ID3") else 0
    check = mp3.examine if start >= len(head) else _container(head, start)
    junk = _tag_behind_junk(head) if start == 0 and check in (None, mp3.examine) else 0
    if check is None and not junk:
        raise _not_audio(head)
    is_tagged = not head.startswith((b"RF64", wav.WAVE64))
    return Kind(_NAMES[check or mp3.examine], is_tagged, junk)


def _empty() -> AudioError:
    return AudioError("AUDIO_EMPTY", "The file has 0 bytes.", "Copy or record it again.")


def _not_audio(content: bytes) -> AudioError:
    return AudioError(
        "NOT_AUDIO",
        f"The file is {_found(content)}.",
        "Give a WAV, FLAC, Ogg Vorbis, Opus, MP3, AIFF or MP4 file.",
    )


def _container(content: bytes, start: int) -> Callable[[bytes], Header] | None:
    head = content[start : start + 40]
    if start >= len(content):
        raise header_truncated(len(content))
    if _is_wav(head):
        return wav.examine
    if head.startswith(b"fLaC"):
        return flac.examine
    if head.startswith(b"OggS"):
        return ogg.examine
    if head.startswith(b"FORM") and head[8:12] in (b"AIFF", b"AIFC"):
        return aiff.examine
    if head[4:8] == b"ftyp":
        return mp4.examine
    if not _is_other(content) and mp3.begin(content, start) is not None:
        return mp3.examine
    return None


def _tag_behind_junk(content: bytes) -> int:
    """Where the tags of an MP3 begin that has junk before them; 0 for no such file.

    Of a file's beginning the tag may be all that there is.
    """
    junk = 0 if _is_other(content) else mp3.junk_before_tag(content)
    start = mp3.skip_tags(content, junk)
    is_long = start >= len(content) == HEAD_BYTES
    return junk if junk and (is_long or mp3.begin(content, start) is not None) else 0


def _is_wav(head: bytes) -> bool:
    """WAV, also one that ends so early that it has only begun to say so."""
    is_riff = head[:4] in (b"RIFF", b"RF64") and b"WAVE".startswith(head[8:12])
    return is_riff or head.startswith(wav.WAVE64)


def _found(content: bytes) -> str:
    for magic, name in _OTHERS:
        if content.startswith(magic):
            return name
    head = content[:512].lstrip().lower()
    if head.startswith((b"<!doctype html", b"<html")):
        return "an HTML page"
    if head.startswith(b"<?xml"):
        return "an XML document"
    return "text" if _is_text(content[:512]) else _UNKNOWN


def _is_other(content: bytes) -> bool:
    """Whether the file is plainly something else, so that no sound needs to be looked for."""
    return _found(content) != _UNKNOWN


def _is_text(head: bytes) -> bool:
    text = head.decode("utf-8", errors="ignore")
    is_whole = len(text.encode()) > len(head) - 4  # the last character may be cut
    return is_whole and all(c.isprintable() or c in "\t\r\n\f" for c in text)
