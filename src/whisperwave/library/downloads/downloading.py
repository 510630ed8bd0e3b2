"""Downloading a public data set: archives here, digests right, sounds by speaker, and a listing.

Every step can be cut off at any moment; the same command goes on where it was. Nothing is asked of
any server for a set that is here already.
"""

import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from whisperwave.errors import AudioError, ConfigError, DownloadError, OutputError, check_within
from whisperwave.library import durable
from whisperwave.library.blobs import digest_of, make_folder
from whisperwave.library.containers.header import RATES_HZ
from whisperwave.library.display import shown
from whisperwave.library.downloads import public
from whisperwave.library.downloads.archives import Content, Store, open_store
from whisperwave.library.downloads.ledger import Done, Ledger
from whisperwave.library.downloads.manifest import Manifest, read_manifest, write_manifest
from whisperwave.library.downloads.obtaining import Origin, obtain
from whisperwave.library.downloads.public import Place, PublicSet
from whisperwave.library.downloads.transcoding import transcoded
from whisperwave.library.listing import LISTING, Item, write_items

try:
    import fcntl
except ImportError:  # Windows, where two downloads into one folder must not be begun at once
    fcntl = None  # type: ignore[assignment] # asked for before it is used

Progress = Callable[[float, float], None]

_SOUNDS, _ARCHIVES, _LEDGER, _LOCK = "sounds", "archives", "ledger.jsonl", "lock"
_ODD = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME = 100
_BYTES_PER_SAMPLE = 2
_SPARE_BYTES = 64 * 1024**2


@dataclass(frozen=True)
class Download:
    """What to download, and where to.

    ``origin`` is a folder or archive of this computer, or the address of a mirror; None for the
    set's own place. ``sample_rate`` (Hz) is what the sounds are brought to; None leaves them as
    they are.
    """

    name: str
    folder: Path
    origin: str | None = None
    sample_rate: int | None = None
    is_licence_accepted: bool = False
    keeps_archives: bool = False

    def __post_init__(self) -> None:
        if self.sample_rate is not None:
            least, most = RATES_HZ.start, RATES_HZ.stop - 1
            check_within("The sample rate", self.sample_rate, least, most, "Hz")


@dataclass(frozen=True)
class Downloaded:
    """A set that is here: its listing, what is in it, and whether it was here before."""

    listing: Path
    manifest: Manifest
    is_new: bool


def is_here(request: Download) -> Downloaded | None:
    """The set, if all of it is in its folder already.

    Raises:
        DownloadError: ``OTHER_SET`` or ``OTHER_RATE``, the folder holds something else.
    """
    manifest = read_manifest(request.folder)
    if manifest is None:
        return None
    if manifest.name != request.name:
        what = f"'{shown(request.folder)}' holds {manifest.name}, not {request.name}."
        raise DownloadError("OTHER_SET", what, "Name another folder with --to.")
    if manifest.sample_rate != request.sample_rate:
        has = "at its own rates" if manifest.sample_rate is None else f"{manifest.sample_rate} Hz"
        what = f"'{shown(request.folder)}' holds {manifest.name} {has}."
        raise DownloadError("OTHER_RATE", what, "Name another folder with --to, or that --rate.")
    listing = request.folder / LISTING
    return Downloaded(listing, manifest, False) if _is_whole(manifest, listing) else None


def download(request: Download, progress: Progress | None = None) -> Downloaded:
    """Download a set, or go on with it; what is here already is only told.

    Args:
        request: what to download.
        progress: called with (done, all), in bytes while archives come, in files afterwards.

    Raises:
        ConfigError: ``UNKNOWN_NAME``, or ``LICENCE_NOT_ACCEPTED`` with the licence.
        DownloadError: a server or an archive did not give what was expected.
        OutputError: ``DISK_FULL`` before anything is asked for, or the folder cannot be written.
    """
    chosen = public.find(request.name)
    present = is_here(request)
    if present is not None:
        _tidy(request.folder, present.manifest)  # what a kill in the last moment has left
        return present
    _require_licence(chosen, request)
    make_folder(request.folder)
    with _locked(request.folder):
        return _download(chosen, request, progress)


def _download(chosen: PublicSet, request: Download, progress: Progress | None) -> Downloaded:
    folder, origin = request.folder, Origin.named(request.origin)
    for place in (folder, *(folder / _SOUNDS).glob("*")):
        durable.sweep(place)
    _require_space(chosen, request, origin)
    manifest = read_manifest(folder) or Manifest(chosen.name, chosen.licence, request.sample_rate)
    ledger = Ledger(folder / _LEDGER)
    for archive in chosen.archives:
        path, digest = obtain(archive, chosen, origin, folder / _ARCHIVES, manifest, progress)
        manifest = manifest.pinned(archive.name, digest)
        write_manifest(folder, manifest)
        _unpack(open_store(path), chosen, request, ledger, progress)
    complete = _listed(request, ledger, manifest)
    _tidy(folder, complete)
    return Downloaded(folder / LISTING, complete, True)


def _unpack(
    store: Store,
    chosen: PublicSet,
    request: Download,
    ledger: Ledger,
    progress: Progress | None,
) -> None:
    """Bring every sound of the store to its place that is not there yet."""
    places = dict(_placed(store.names(), chosen))
    if not places:
        raise DownloadError(
            "NO_SOUNDS", f"No file in it lies where {chosen.title} has its sounds.",
            f"It is another data set, or another version; see {chosen.page}.",
        )  # fmt: skip
    missing = places.keys() - ledger.done.keys()
    for member, content in store.contents(missing):
        ledger.add(_kept(member, content, places[member], request))
        if progress is not None:
            progress(len(ledger.done), len(places))


def _kept(member: str, content: Content, where: tuple[Place, str], request: Download) -> Done:
    """One sound in its place; a damaged one is left out with its code."""
    place, stem = where
    if not isinstance(content, bytes):
        return Done(member, code=content.code)
    try:
        kept = transcoded(content, Path(member), request.sample_rate)
    except AudioError as error:
        return Done(member, code=error.code)
    path = f"{_SOUNDS}/{stem}{kept.suffix}"
    make_folder((request.folder / path).parent)
    durable.write_bytes(request.folder / path, kept.content)
    return Done(
        member=member,
        path=path,
        speaker=place.speaker,
        seconds=kept.seconds,
        sample_rate=kept.sample_rate,
        sha256=digest_of(kept.content),
        tags={"set": request.name, **place.tags},
    )


def _placed(members: Iterable[str], chosen: PublicSet) -> Iterator[tuple[str, tuple[Place, str]]]:
    """Each sound with its speaker's folder and a name that no other has, whatever the order."""
    taken: set[str] = set()
    for member in sorted(members):
        place = chosen.place(member)
        if place is not None:
            stem = f"{_plain(place.speaker)}/{_plain(place.name)}"
            number = 2
            unique = stem
            while unique.casefold() in taken:
                unique, number = f"{stem}-{number}", number + 1
            taken.add(unique.casefold())
            yield member, (place, unique)


def _plain(text: str) -> str:
    """A part of a path that any system takes."""
    return _ODD.sub("-", text).strip(".-")[:_LONGEST_NAME] or "x"


def _listed(request: Download, ledger: Ledger, manifest: Manifest) -> Manifest:
    """Write the listing, and after it the word that all is here."""
    sounds = sorted((one for one in ledger.done.values() if not one.code), key=lambda d: d.path)
    items = (
        Item(
            path=one.path,
            seconds=one.seconds,
            sample_rate=one.sample_rate,
            class_name=one.speaker,
            speaker=one.speaker,
            tags=one.tags,
            sha256=one.sha256,
        )
        for one in sounds
    )
    write_items(request.folder / LISTING, request.folder, items, request.sample_rate)
    complete = replace(
        manifest,
        files=len(sounds),
        seconds=sum(one.seconds for one in sounds),
        counts=dict(sorted(Counter(one.code for one in ledger.done.values() if one.code).items())),
        is_complete=True,
        keeps_archives=request.keeps_archives,
    )
    write_manifest(request.folder, complete)
    return complete


def _tidy(folder: Path, manifest: Manifest) -> None:
    """Remove what was needed only on the way."""
    (folder / _LEDGER).unlink(missing_ok=True)
    if not manifest.keeps_archives:
        shutil.rmtree(folder / _ARCHIVES, ignore_errors=True)


def _is_whole(manifest: Manifest, listing: Path) -> bool:
    return manifest.is_complete and listing.is_file()


def _require_licence(chosen: PublicSet, request: Download) -> None:
    if not request.is_licence_accepted:
        raise ConfigError(
            "LICENCE_NOT_ACCEPTED",
            f"{chosen.title} has this licence: {chosen.licence} All of it: "
            f"{chosen.licence_address}",
            "Read it, and say --accept-licence if you accept it.",
        )


def _require_space(chosen: PublicSet, request: Download, origin: Origin) -> None:
    """Refuse at once what the disk has no room for, as far as one can know."""
    archives = 0 if origin.path else sum(archive.size or 0 for archive in chosen.archives)
    # At their own rate the sounds take about what they take in their archive.
    rate = request.sample_rate
    unpacked = sum(archive.size or 0 for archive in chosen.archives)
    sounds = unpacked if rate is None else round(chosen.seconds * rate * _BYTES_PER_SAMPLE)
    needed = archives + sounds + _SPARE_BYTES - _bytes_in(request.folder)
    free = shutil.disk_usage(request.folder).free
    if needed > free:
        raise OutputError(
            "DISK_FULL",
            f"{chosen.title} needs about {needed / 1e9:.1f} GB in '{shown(request.folder)}'; "
            f"{free / 1e9:.1f} GB are free.",
            "Free some space, choose a lower --rate, or name another folder with --to.",
        )


def _bytes_in(folder: Path) -> int:
    """What is there already, and need not come again."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One download into a folder at a time; the system lets go of the lock when a process dies."""
    with (folder / _LOCK).open("ab") as file:
        if fcntl is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise DownloadError(
                    "DOWNLOAD_RUNNING", f"Another download into '{shown(folder)}' is running.",
                    "Wait for its end.",
                ) from error  # fmt: skip
        yield
