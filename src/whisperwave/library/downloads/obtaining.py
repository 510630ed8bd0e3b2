"""Where the archives of a set come from: a folder of this computer, a mirror, or their own place.

Whatever is known of an archive's digest (published, noted at an earlier download, or said by the
mirror's ``SHA256SUMS``) must be true of it before anything in it is used.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from whisperwave.errors import ConfigError, DownloadError
from whisperwave.library.blobs import make_folder
from whisperwave.library.display import shown
from whisperwave.library.downloads.fetching import fetch, fetch_text
from whisperwave.library.downloads.manifest import Manifest, digest_of_file, read_sums
from whisperwave.library.downloads.public import Archive, PublicSet

Progress = Callable[[float, float], None]
Pin = Callable[[str, str], None]

SUMS = "SHA256SUMS"
_LONGEST_SUMS = 1024**2


@dataclass(frozen=True)
class Origin:
    """What ``--from`` named: a path of this computer, or the address of a mirror, or neither."""

    path: Path | None = None
    address: str = ""

    @classmethod
    def named(cls, text: str | None) -> "Origin":
        """What a person wrote.

        Raises:
            ConfigError: ``NO_SUCH_FILE``, there is no such path.
        """
        if not text:
            return cls()
        if text.startswith(("http://", "https://")):
            return cls(address=text.rstrip("/"))
        if not Path(text).exists():
            raise ConfigError(
                "NO_SUCH_FILE", f"'{shown(text)}' does not exist.",
                "Name a folder with the archives, or the address of a mirror.",
            )  # fmt: skip
        return cls(path=Path(text))


def obtain(
    archive: Archive,
    chosen: PublicSet,
    origin: Origin,
    folder: Path,
    manifest: Manifest,
    progress: Progress | None,
) -> tuple[Path, str]:
    """The path of an archive, whose digest is as it should be, and that digest.

    An unpacked folder stands for its archives; it has no digest.

    Raises:
        DownloadError: ``NO_ADDRESS``, ``DIGEST_WRONG``, or what fetching it may meet.
    """
    path = _in_place(archive, origin)
    if path is not None and path.is_dir():
        return path, ""
    is_fetched = path is None
    sums = _sums(origin)
    if path is None:
        path = folder / archive.name
        if not path.exists():
            make_folder(folder)
            fetch(_address(archive, chosen, origin), path, size=archive.size, progress=progress)
    digest = digest_of_file(path, progress)
    for known in (archive.sha256, manifest.archives.get(archive.name), sums.get(archive.name)):
        if known not in (None, "", digest):
            if is_fetched:
                path.unlink()
            raise DownloadError(
                "DIGEST_WRONG",
                f"The SHA-256 of '{shown(path)}' is {digest}; {known} is expected.",
                "It is damaged, or not the archive that it should be; get it again.",
            )
    return path, digest


def _in_place(archive: Archive, origin: Origin) -> Path | None:
    """The archive, or the unpacked folder, that lies on this computer."""
    if origin.path is None or not origin.path.is_dir():
        return origin.path
    inside = origin.path / archive.name
    return inside if inside.exists() else origin.path


def _address(archive: Archive, chosen: PublicSet, origin: Origin) -> str:
    if origin.address:
        return f"{origin.address}/{quote(archive.name)}"
    if archive.address:
        return archive.address
    raise DownloadError(
        "NO_ADDRESS", f"{chosen.title} cannot be downloaded. {chosen.asking}",
        "When you have it, name its folder or archive with --from.",
    )  # fmt: skip


def _sums(origin: Origin) -> Mapping[str, str]:
    """What the source itself says about its files."""
    if origin.address:
        return read_sums(fetch_text(f"{origin.address}/{SUMS}", _LONGEST_SUMS) or "")
    if origin.path is not None:
        beside = (origin.path if origin.path.is_dir() else origin.path.parent) / SUMS
        if beside.is_file() and beside.stat().st_size <= _LONGEST_SUMS:
            return read_sums(beside.read_text("utf-8", "replace"))
    return {}
