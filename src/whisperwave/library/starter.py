"""The starter library that comes inside the package: sounds to begin with, read where they lie."""

import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import whisperwave
from whisperwave.errors import LibraryError

_TYPES: dict[str, type | tuple[type, ...]] = {
    "file": str,
    "title": str,
    "style": str,
    "licence": str,
    "sha256": str,
    "seconds": (int, float),
    "sample_rate": int,
    "channels": int,
}
_VERSION = 1


@dataclass(frozen=True)
class StarterClip:
    """One entry of the starter catalogue, with the place of its file."""

    path: Path
    title: str
    style: str
    licence: str
    digest: str
    seconds: float
    sample_rate: int
    channels: int


def packaged() -> Path:
    """The folder of the starter library in the installed package."""
    return Path(whisperwave.__file__).parent / "starter"


def read(folder: Path) -> tuple[StarterClip, ...]:
    """The starter clips in library order; none if the package came without them.

    Raises:
        LibraryError: STARTER_CORRUPT, when the catalogue is not what the package should hold.
    """
    path = folder / "catalogue.json"
    if not path.exists():
        return ()
    try:
        catalogue = json.loads(path.read_bytes())
        if catalogue["version"] != _VERSION:
            raise ValueError(f"version {catalogue['version']!r} is unknown")
        return tuple(_clip(folder, entry) for entry in catalogue["clips"])
    except (ValueError, KeyError, TypeError) as error:
        raise LibraryError(
            "STARTER_CORRUPT",
            f"The starter catalogue cannot be used: {error}.",
            "Install the package again.",
        ) from error


def _clip(folder: Path, entry: dict[str, Any]) -> StarterClip:
    for name, kind in _TYPES.items():
        if not isinstance(entry[name], kind):
            raise TypeError(f"{name}={entry[name]!r} is of the wrong type")
    relative = PurePosixPath(entry["file"])
    if relative.is_absolute() or ".." in relative.parts:
        raise ValueError(f"file={entry['file']!r} lies outside the package")
    return StarterClip(
        path=folder / relative,
        title=entry["title"],
        style=entry["style"],
        licence=entry["licence"],
        digest=entry["sha256"],
        seconds=float(entry["seconds"]),
        sample_rate=entry["sample_rate"],
        channels=entry["channels"],
    )
