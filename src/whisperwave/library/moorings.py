"""Which disk a data folder was on, so that its empty mount point is not taken for a new library.

Only folders on disks of their own are remembered (not those on the disk of the system or of the
home), in one small file of the user's state folder.
"""

import json
from contextlib import suppress
from pathlib import Path

import platformdirs

from whisperwave.errors import LibraryError, OutputError
from whisperwave.library import durable, mounts
from whisperwave.library.blobs import make_folder
from whisperwave.library.display import shown


def require_disk(folder: Path) -> None:
    """Refuse a data folder whose disk is not mounted.

    Raises:
        LibraryError: ``ROOT_MISSING``.
    """
    point = _read().get(str(folder.absolute()))
    if point is None or mounts.is_mounted(Path(point)):
        return
    raise LibraryError(
        "ROOT_MISSING",
        f"The library '{shown(folder)}' was on a disk at '{shown(point)}', which is not mounted.",
        f"Mount it. If the library is to begin anew there, remove '{shown(register())}'.",
    )


def remember_disk(folder: Path) -> None:
    """Note on which disk a data folder lies, if that can be taken away."""
    mount = mounts.mount_of(folder)
    if mount is None or not mount.is_lasting or mount in (
        mounts.mount_of(Path("/")), mounts.mount_of(Path.home())
    ):  # fmt: skip
        return
    known = _read()
    if known.get(str(folder.absolute())) != str(mount.point):
        known[str(folder.absolute())] = str(mount.point)
        with suppress(OutputError):  # it is a help, and nothing depends on it
            make_folder(register().parent)
            durable.write_bytes(register(), (json.dumps(known, indent=2) + "\n").encode("ascii"))


def register() -> Path:
    """The file in which disks are remembered."""
    return Path(platformdirs.user_state_dir("whisperwave")) / "disks.json"


def _read() -> dict[str, str]:
    """Mount points by data folder; nothing if there is no such file, or it makes no sense."""
    try:
        known = json.loads(register().read_bytes())
        return {str(folder): str(point) for folder, point in known.items()}
    except (OSError, ValueError, AttributeError):
        return {}
