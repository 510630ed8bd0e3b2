"""On which disk a folder lies, and whether that is one where a catalogue is less safe.

Told by Linux (``/proc/self/mountinfo``, see proc(5)); elsewhere nothing is known of mounts.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from whisperwave.library.display import shown

_TABLE = Path("/proc/self/mountinfo")
_ESCAPE = re.compile(r"\\([0-7]{3})")
_NETWORK = frozenset(
    ("nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "coda", "ceph", "glusterfs", "lustre",
     "gpfs", "beegfs", "orangefs", "9p", "davfs", "vboxsf", "vmhgfs", "prl_fs", "drvfs",
     "fuse.sshfs", "fuse.rclone", "fuse.gvfsd-fuse", "fuse.davfs", "fuse.davfs2", "fuse.s3fs",
     "fuse.gcsfuse", "fuse.goofys", "fuse.curlftpfs", "fuse.glusterfs", "fuse.vmhgfs-fuse",
     "fuse.google-drive-ocamlfuse", "fuse.onedriver", "fuse.mergerfs-nfs", "fuse.juicefs")
)  # fmt: skip
_MEMORY = frozenset(("tmpfs", "ramfs", "overlay", "squashfs", "devtmpfs"))
_CLOUD_NAMES = re.compile(
    r"dropbox( .*)?|onedrive( .*)?|google ?drive|my drive|icloud ?drive|mobile documents|"
    r"cloudstorage|nextcloud|owncloud|pclouddrive|mega(sync)?|syncthing",
    re.IGNORECASE,
)
_CLOUD_MARKS = (".dropbox.cache", ".dropbox", ".stfolder", ".nextcloudsync.log",
                ".owncloudsync.log", ".tmp.drivedownload", ".tmp.driveupload")  # fmt: skip


@dataclass(frozen=True)
class Mount:
    """A disk: where it is mounted, and the kind of its file system."""

    point: Path
    kind: str

    @property
    def is_lasting(self) -> bool:
        """Whether what is on it is there after the computer was off."""
        return self.kind not in _MEMORY


def mounts() -> tuple[Mount, ...]:
    """All that is mounted; nothing where the system does not say."""
    try:
        lines = _TABLE.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return ()
    return tuple(mount for mount in map(_mount, lines) if mount is not None)


def mount_of(folder: Path) -> Mount | None:
    """The disk that a folder lies on, or would lie on if it were made."""
    place = _real(folder)
    holding = [mount for mount in mounts() if place.is_relative_to(mount.point)]
    # Of two at one place the later lies above the earlier.
    return max(reversed(holding), key=lambda mount: len(mount.point.parts), default=None)


def is_mounted(point: Path) -> bool:
    """Whether a disk is mounted there."""
    return any(mount.point == point for mount in mounts())


def remark(folder: Path) -> str:
    """What a listener should know of a data folder's place; nothing of an ordinary one."""
    mount = mount_of(folder)
    if mount is not None and mount.kind in _NETWORK:
        return (
            f"NETWORK_FOLDER: '{shown(folder)}' is on a network disk ({mount.kind}); use the "
            "library from one computer at a time, or set WHISPERWAVE_DATA to a folder of this one."
        )
    cloud = _cloud(folder)
    if cloud is not None:
        return (
            f"CLOUD_FOLDER: '{shown(cloud)}' is copied to a cloud while it changes, which can "
            "damage a catalogue; set WHISPERWAVE_DATA to a folder outside it."
        )
    return ""


def _mount(line: str) -> Mount | None:
    fields, separator, rest = line.partition(" - ")
    words = fields.split(" ")
    if not separator or len(words) < 5:
        return None
    point = _ESCAPE.sub(lambda found: chr(int(found[1], 8)), words[4])
    return Mount(Path(point), rest.split(" ")[0])


def _cloud(folder: Path) -> Path | None:
    """The folder of a cloud's program that this one lies in."""
    place = _real(folder)
    for one in (place, *place.parents):
        if _CLOUD_NAMES.fullmatch(one.name) or any((one / mark).exists() for mark in _CLOUD_MARKS):
            return one
    return None


def _real(folder: Path) -> Path:
    return Path(os.path.realpath(folder))
