"""The library: numbered clips, their sounds and their ratings, safe from crashes.

A file is decoded and checked first. Then its digest is noted as arriving; then, in one transaction,
its bytes are written durably, the row is inserted and the note removed. A kill at any point leaves
either the whole clip or nothing but a note, which the next opening clears.
"""

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Self

import platformdirs

from whisperwave.errors import LibraryError, OutputError
from whisperwave.library import source, starter
from whisperwave.library.audio import Audio
from whisperwave.library.blobs import BlobStore, digest_of, make_folder, read_verified
from whisperwave.library.catalogue import Catalogue, bytes_of
from whisperwave.library.clips import OWN_STYLE, Added, Clip, checked_rating
from whisperwave.library.copies import copy_daily
from whisperwave.library.decoding import Inspection, inspect_content
from whisperwave.library.display import shown, stored
from whisperwave.library.exporting import export_clip
from whisperwave.library.lending import Lent, audio_of
from whisperwave.library.moorings import remember_disk, require_disk
from whisperwave.library.mounts import remark
from whisperwave.library.starter import StarterClip

_UNKNOWN_LICENCE = "unknown"


def open_library(folder: Path | None = None, starter_folder: Path | None = None) -> "Library":
    """Open the library, making it on first use.

    Args:
        folder: the data folder; by default ``$WHISPERWAVE_DATA``, or the user's own data folder.
        starter_folder: where the starter clips are; by default in the installed package.

    Raises:
        LibraryError: the catalogue is damaged, newer than this program, locked or not writable.
        OutputError: the data folder cannot be made.
    """
    return Library(folder or data_folder(), starter.read(starter_folder or starter.packaged()))


def data_folder() -> Path:
    """Where user data is kept: ``$WHISPERWAVE_DATA`` if set, else as the system has it."""
    named = os.environ.get("WHISPERWAVE_DATA")
    return Path(named) if named else Path(platformdirs.user_data_dir("whisperwave"))


class Library:
    """An open library; a context manager that closes itself.

    Several processes may have it open; one writes at a time and the others wait. ``notes`` are
    sentences that begin with a code: what a listener should know about the library's place.
    """

    def __init__(self, folder: Path, starter_clips: tuple[StarterClip, ...] = ()) -> None:
        self.folder = folder
        self.notes: tuple[str, ...] = ()
        self._blobs = BlobStore(folder / "clips")
        self._starter_paths = {clip.digest: clip.path for clip in starter_clips}
        if not (folder / "catalogue.sqlite").exists():
            require_disk(folder)
        make_folder(folder)
        _refuse_lost_catalogue(folder / "catalogue.sqlite", self._blobs)
        self._catalogue = Catalogue(folder / "catalogue.sqlite")
        try:
            self._clear_arriving()
            self._seed(starter_clips)
            self.notes = tuple(filter(None, (remark(folder), self._copy_daily())))
        except BaseException:
            self._catalogue.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the catalogue."""
        self._catalogue.close()

    def list(self) -> tuple[Clip, ...]:
        """All clips, by number."""
        return self._catalogue.clips()

    def clip(self, number: int) -> Clip:
        """One clip.

        Raises:
            LibraryError: NO_SUCH_CLIP, with the numbers that there are.
        """
        clip = self._catalogue.by_number(number)
        if clip is None:
            raise _no_such_clip(number, self.list())
        return clip

    def add(
        self,
        path: Path,
        style: str | None = None,
        title: str | None = None,
        *,
        allow_truncated: bool = False,
    ) -> Added:
        """Copy a sound file into the library; content that is already there is not added again.

        Args:
            path: any sound file that `decode` reads; it is only ever read.
            style: a word for its kind; ``own`` if not given.
            title: its name in the list; the file's name if not given.
            allow_truncated: keep what is left of a cut or damaged file.

        Raises:
            AudioError: the file cannot be read or is not usable audio.
            LibraryError, OutputError: the library cannot be written; nothing was added.
        """
        path = Path(path)
        content = source.read(path)
        digest = digest_of(content)
        found = inspect_content(content, path, allow_truncated=allow_truncated)
        clip = _user_clip(path, style, title, digest, found)
        while True:
            self._announce(digest)
            added = self._commit(clip, content, bytes_of(path), found.notes)
            if added is not None:
                return added

    def rate(self, number: int, rating: str) -> Clip:
        """Set a clip's rating: ``love``, ``neutral`` or ``not-for-me``."""
        checked_rating(rating)
        with self._catalogue.writing():
            self.clip(number)
            self._catalogue.set_rating(number, rating)
            return self.clip(number)

    def search(self, text: str) -> tuple[Clip, ...]:
        """The clips whose title, style, licence or rating hold every word of ``text``, any case."""
        words = text.casefold().split()
        return tuple(clip for clip in self.list() if _holds(clip, words))

    def delete(self, number: int) -> Clip:
        """Take a clip that someone added out of the library, for good; its number stays unused.

        Raises:
            LibraryError: NO_SUCH_CLIP, or STARTER_CLIP for one that belongs to the package.
        """
        with self._catalogue.writing():
            clip = self.clip(number)
            if clip.origin == "starter":
                raise _starter_clip(clip)
            # The note outlives a kill: its sound goes now, or at the next opening.
            self._catalogue.announce(clip.digest)
            self._catalogue.remove(number)
        self._clear_arriving()
        return clip

    def export(self, number: int, folder: Path) -> Path:
        """Write a clip's own bytes into ``folder``, under its number and title.

        Raises:
            LibraryError: NO_SUCH_CLIP, CLIP_MISSING or CLIP_DAMAGED.
            OutputError: it cannot be written there, or would take the place of another file.
        """
        clip = self.clip(number)
        return export_clip(clip, self._content(clip), folder)

    def audio(self, number: int) -> Audio:
        """A clip's samples, decoded from bytes whose digest was checked.

        Raises:
            LibraryError: NO_SUCH_CLIP, CLIP_MISSING or CLIP_DAMAGED.
        """
        return audio_of(self.clip(number), self.path(number))

    def lend(self, numbers: Iterable[int]) -> Lent:
        """Some clips as a value, for whoever has not opened the library.

        Raises:
            LibraryError: NO_SUCH_CLIP.
        """
        clips = {number: self.clip(number) for number in numbers}
        return Lent(clips, {number: self.path(number) for number in clips})

    def path(self, number: int) -> Path:
        """Where a clip's original file is kept, byte for byte; it must not be changed."""
        digest = self.clip(number).digest
        return self._starter_paths.get(digest, self._blobs.path(digest))

    def source_path(self, number: int) -> bytes | None:
        """Where a user's clip was when it was added, in the system's own bytes."""
        self.clip(number)
        return self._catalogue.source_path(number)

    def _content(self, clip: Clip) -> bytes:
        return read_verified(self.path(clip.number), clip.digest, clip.title)

    def _announce(self, digest: str) -> None:
        with self._catalogue.writing():
            self._catalogue.announce(digest)

    def _commit(
        self, clip: Clip, content: bytes, source_path: bytes, notes: tuple[str, ...]
    ) -> Added | None:
        """Bytes, then row; None if another process cleared the note meanwhile."""
        with self._catalogue.writing():
            known = self._catalogue.by_digest(clip.digest)
            if not self._catalogue.arrived(clip.digest) and known is None:
                return None
            if clip.digest not in self._starter_paths:
                self._blobs.put(clip.digest, content)
            if known is not None:
                return Added(known, is_new=False, notes=notes)
            number = self._catalogue.insert(clip, source_path)
            return Added(self.clip(number), is_new=True, notes=notes)

    def _clear_arriving(self) -> None:
        """Remove what a killed process had begun to write.

        If that fails (a full or read-only disk), the notes stay for the next opening, and the
        library can be used: such leftovers take room and do no other harm.
        """
        if not self._catalogue.arriving():
            return
        with suppress(OutputError, LibraryError), self._catalogue.writing():
            for digest in self._catalogue.arriving():
                if self._catalogue.by_digest(digest) is None:
                    self._blobs.remove(digest)
                self._catalogue.arrived(digest)

    def _copy_daily(self) -> str:
        """Copy what someone would miss, once a day; and note on which disk it is."""
        if not any(clip.origin == "user" or clip.rating != "neutral" for clip in self.list()):
            return ""
        remember_disk(self.folder)
        return copy_daily(self.folder, self._catalogue, date.today())

    def _seed(self, starter_clips: tuple[StarterClip, ...]) -> None:
        """Give numbers to starter clips that have none yet, in their order.

        A clip that a newer package has made again keeps its number, and its rating.
        """
        if all(self._catalogue.by_digest(clip.digest) for clip in starter_clips):
            return
        with self._catalogue.writing():
            for clip in starter_clips:
                if self._catalogue.by_digest(clip.digest) is None:
                    self._seat(_numberless(clip))

    def _seat(self, clip: Clip) -> None:
        names = (clip.origin, clip.style, clip.title)
        for old in self._catalogue.clips():
            same = (old.origin, old.style, old.title) == names
            if same and old.digest not in self._starter_paths:
                self._catalogue.renew(old.number, clip)
                break
        else:
            self._catalogue.insert(clip)


def _numberless(clip: StarterClip) -> Clip:
    return Clip(
        number=0,
        title=stored(clip.title),
        style=stored(clip.style),
        digest=clip.digest,
        sample_rate=clip.sample_rate,
        channels=clip.channels,
        seconds=clip.seconds,
        licence=clip.licence,
        rating="neutral",
        origin="starter",
    )


def _user_clip(
    path: Path, style: str | None, title: str | None, digest: str, found: Inspection
) -> Clip:
    return Clip(
        number=0,
        title=stored(title or "") or stored(shown(path.stem)),
        style=stored(style or "") or OWN_STYLE,
        digest=digest,
        sample_rate=found.sample_rate,
        channels=found.channels,
        seconds=found.seconds,
        licence=_UNKNOWN_LICENCE,
        rating="neutral",
        origin="user",
    )


def _no_such_clip(number: int, clips: tuple[Clip, ...]) -> LibraryError:
    has = f"has {clips[0].number} to {clips[-1].number}" if clips else "is empty"
    return LibraryError(
        "NO_SUCH_CLIP",
        f"There is no clip number {number}; the library {has}.",
        "Run `whisperwave library list` to see them.",
    )


def _holds(clip: Clip, words: Sequence[str]) -> bool:
    known = f"{clip.title} {clip.style} {clip.licence} {clip.rating}".casefold()
    return all(word in known for word in words)


def _starter_clip(clip: Clip) -> LibraryError:
    return LibraryError(
        "STARTER_CLIP",
        f"Clip {clip.number}, {clip.title!r}, came with the package and cannot be deleted.",
        f"Say `whisperwave library rate {clip.number} not-for-me` instead.",
    )


def _refuse_lost_catalogue(path: Path, blobs: BlobStore) -> None:
    """A new, empty catalogue beside sounds that someone added would look like their loss."""
    if (not path.exists() or path.stat().st_size == 0) and not blobs.is_empty():
        raise LibraryError(
            "CATALOGUE_MISSING",
            f"'{shown(path)}' is missing or empty, but the sounds beside it are there.",
            "`whisperwave library restore` goes back to its last daily copy.",
        )
