"""Any sound file to samples, with every fault either an error or a note.

The order: only a regular file is opened; its bytes are read once; the container's header is checked
against the file's length by our own code; the same bytes are decoded in a limited child process;
and what comes out is compared with what the header promised. libsndfile alone shortens a truncated
WAV or MP3 without a word.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from whisperwave.errors import AudioError
from whisperwave.library import cell, ffmpeg, source
from whisperwave.library.audio import Audio, Gathering, Hear
from whisperwave.library.cell import Decoded
from whisperwave.library.containers import Header, examine
from whisperwave.library.containers.header import no_samples
from whisperwave.library.display import shown
from whisperwave.library.pcm import read_pcm

LONGEST_SECONDS = 3600.0

_EXTENSIONS = {
    "WAV": (".wav", ".wave", ".w64", ".rf64", ".bwf"),
    "AIFF": (".aif", ".aiff", ".aifc"),
    "FLAC": (".flac",),
    "Ogg": (".ogg", ".oga", ".opus"),
    "MP3": (".mp3",),
    "MP4": (".m4a", ".mp4", ".m4b", ".m4r"),
}
# From here on a shift is a fault of the recorder; less, or in a click, can be the sound itself.
_STRONG_DC, _SHORT_SECONDS = 0.05, 0.1
_KEEP = "Copy or export it again, or allow truncated files to keep what is there."


@dataclass(frozen=True)
class Inspection:
    """What is known of a sound file when all of it has been decoded, beside its samples."""

    sample_rate: int
    channels: int
    seconds: float
    notes: tuple[str, ...]


def decode(
    path: Path, *, allow_truncated: bool = False, max_seconds: float = LONGEST_SECONDS
) -> Audio:
    """All samples of the sound file at ``path``, at its own rate.

    Args:
        path: a WAV, FLAC, Ogg Vorbis, Opus, MP3 or AIFF file, or MP4 where ffmpeg is installed;
            its content decides, not its name.
        allow_truncated: keep what is left of a cut or damaged file, with a note.
        max_seconds: refuse anything longer.

    Raises:
        AudioError: the file cannot be read, is not audio, is damaged, holds NaN or infinity, or is
            too long; the code says which.
    """
    content = source.read(Path(path))
    return decode_content(
        content, Path(path), allow_truncated=allow_truncated, max_seconds=max_seconds
    )


def decode_content(
    content: bytes,
    name: Path,
    *,
    allow_truncated: bool = False,
    max_seconds: float = LONGEST_SECONDS,
) -> Audio:
    """`decode` for a file already in memory; ``name`` is for messages and the extension note."""
    gathering = Gathering()
    found = inspect_content(
        content, name, hear=gathering.hear,
        allow_truncated=allow_truncated, max_seconds=max_seconds,
    )  # fmt: skip
    return Audio(gathering.samples(), found.sample_rate, found.notes)


def inspect_content(
    content: bytes,
    name: Path,
    *,
    hear: Hear | None = None,
    allow_truncated: bool = False,
    max_seconds: float = LONGEST_SECONDS,
) -> Inspection:
    """Decode and check everything as `decode_content` does, but keep no samples in memory.

    Blocks go to ``hear`` as they are decoded; what it has heard counts only if nothing is raised.
    """
    with _naming(name):
        header, decoded = _run(content, max_seconds, hear)
        notes = _notes(header, decoded, name, allow_truncated)
    seconds = decoded.frames / decoded.sample_rate
    return Inspection(decoded.sample_rate, decoded.channels, seconds, notes)


def _run(content: bytes, max_seconds: float, hear: Hear | None) -> tuple[Header, Decoded]:
    header = examine(content)
    if header.sample_rate and (header.expected_frames or 0) > max_seconds * header.sample_rate:
        raise _too_long(max_seconds)
    header, decoded = _decoded(header, content, max_seconds, hear)
    if decoded.is_too_long:
        raise _too_long(max_seconds)
    return header, decoded


def _decoded(
    header: Header, content: bytes, max_seconds: float, hear: Hear | None
) -> tuple[Header, Decoded]:
    if header.pcm is not None and header.sample_rate is not None:
        return header, read_pcm(
            content, header.pcm,
            sample_rate=header.sample_rate, max_seconds=max_seconds, hear=hear,
        )  # fmt: skip
    header, decodable = _prepared(header, content, max_seconds)
    return header, cell.SHARED.decode(
        decodable,
        max_seconds=max_seconds,
        hear=hear,
        md5_bits=header.bits if header.md5 else 0,
    )


def _prepared(header: Header, content: bytes, max_seconds: float) -> tuple[Header, bytes]:
    """What the decoder can read, and the header with what making it so has shown."""
    if header.kind != "MP4":
        return header, header.decodable(content)
    converted = ffmpeg.convert_mp4(content, max_seconds)
    return replace(header, damage=header.damage or converted.complaint), converted.wav


def _notes(header: Header, decoded: Decoded, name: Path, allow_truncated: bool) -> tuple[str, ...]:
    """Raise what must not pass, and gather what a listener should know."""
    notes = list(header.notes)
    fault = _fault(header, decoded)
    if fault is not None:
        if not allow_truncated or decoded.frames == 0:
            raise fault
        notes.insert(0, f"{fault.code}: {fault.message}")
    if decoded.frames == 0:
        raise no_samples()
    if decoded.nonfinite:
        raise _nonfinite(decoded)
    return tuple(notes + _remarks(header, decoded, name))


def _fault(header: Header, decoded: Decoded) -> AudioError | None:
    expected = _expected(header, decoded)
    got = f"{decoded.frames} frames"
    if expected is not None:
        got = f"{decoded.frames} of {expected} frames"
    if header.is_cut:
        what = f"The file ends too early, with {got}."
        return AudioError("AUDIO_TRUNCATED", what, _KEEP)
    gave_up = "its decoder could not go on" if decoded.error else ""
    why = header.damage or gave_up or _difference(header, decoded)
    if not why:
        return None
    what = f"The file is damaged: {why}; {got} could be read."
    return AudioError("AUDIO_DAMAGED", what, _KEEP)


def _expected(header: Header, decoded: Decoded) -> int | None:
    """Frames at the decoder's rate, for Opus counts at 48 kHz and may be decoded at less."""
    return _rescaled(header.expected_frames, header, decoded)


def _rescaled(frames: int | None, header: Header, decoded: Decoded) -> int | None:
    if frames is None or not header.sample_rate or not decoded.sample_rate:
        return frames
    return frames * decoded.sample_rate // header.sample_rate


def _difference(header: Header, decoded: Decoded) -> str:
    lost = (_expected(header, decoded) or 0) - decoded.frames
    if lost > (_rescaled(header.tolerance, header, decoded) or 0):
        return f"{lost} frames are lost"
    return "its samples do not match its MD5" if header.md5 not in ("", decoded.md5) else ""


def _nonfinite(decoded: Decoded) -> AudioError:
    return AudioError(
        "AUDIO_NONFINITE",
        f"{decoded.nonfinite} samples are NaN or infinite, the first in frame "
        f"{decoded.first_nonfinite}.",
        "Export it again from the program that made it.",
    )


def _too_long(max_seconds: float) -> AudioError:
    return AudioError(
        "AUDIO_TOO_LONG",
        f"The sound is longer than {max_seconds:g} s.",
        "Cut it into shorter files.",
    )


def _remarks(header: Header, decoded: Decoded, name: Path) -> list[str]:
    remarks = _length_remarks(header, decoded)
    suffix = name.suffix.lower()
    if suffix and suffix not in _EXTENSIONS[header.kind]:
        remarks.append(
            f"EXT_MISMATCH: the name ends in {shown(suffix)}, the file is {header.kind}."
        )
    if decoded.peak > 1.0:
        remarks.append(
            f"PEAK: samples reach {decoded.peak:.3g} times full scale; none was clipped."
        )
    if decoded.dc > _STRONG_DC and decoded.frames > _SHORT_SECONDS * decoded.sample_rate:
        remarks.append(
            f"DC: the middle of the sound is {decoded.dc:.2g} away from zero; it was kept."
        )
    if decoded.peak == 0.0:
        remarks.append("SILENT: every sample is zero.")
    return remarks


def _length_remarks(header: Header, decoded: Decoded) -> list[str]:
    """What is no fault, but not what the header said either."""
    expected = _expected(header, decoded)
    if expected is None or not decoded.frames:
        return []
    says = f"the header says {expected} frames, {decoded.frames} are there."
    if decoded.frames > expected + (header.tolerance if header.kind == "MP3" else 0):
        return [f"LONGER: {says}"]
    if decoded.frames < expected and header.kind == "Ogg":
        return [f"SHORTER: {says}"]
    return []


@contextmanager
def _naming(name: Path) -> Iterator[None]:
    """Put the file's name in front of what was wrong with it."""
    try:
        yield
    except AudioError as error:
        named = f"'{shown(name)}': {error.message}"
        raise AudioError(error.code, named, error.remedy) from error
