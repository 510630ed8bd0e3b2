"""The zip archive that PyTorch writes: entries stored as they are, below one folder.

Anything that a writer of PyTorch's own would not have made is refused: packed entries (so that
nothing can unfold), names that lead elsewhere, links, entries that stand twice or overlap.
"""

import io
import stat
import zipfile
from collections import Counter
from collections.abc import Mapping

from whisperwave.errors import ModelFileError
from whisperwave.exchange.foreign.faults import damaged, unsupported
from whisperwave.library.display import shown

MAGIC = b"PK\x03\x04"
_MOST_ENTRIES = 16_384
_DIRECTORY_BYTES = 46  # of an entry's row in the directory, beside its name
_HEAD_BYTES = 30


def entries(content: bytes) -> Mapping[str, bytes]:
    """Every entry's bytes, by its name below the archive's folder.

    Raises:
        ModelFileError: ``IMPORT_ARCHIVE``, naming the entry; ``IMPORT_DAMAGED``;
            ``IMPORT_UNSUPPORTED`` for an archive of another program.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = archive.infolist()
            _check_all(infos, len(content))
            return {_below(info.filename): archive.read(info) for info in infos}
    except zipfile.BadZipFile as error:
        raise damaged(f"the zip archive is broken: {shown(str(error))}") from error


def _check_all(infos: list[zipfile.ZipInfo], size: int) -> None:
    if not 0 < len(infos) <= _MOST_ENTRIES:
        raise _refused(f"it has {len(infos)} entries, the most is {_MOST_ENTRIES}")
    names = Counter(info.filename for info in infos)
    name, times = names.most_common(1)[0]
    if times > 1:
        raise _refused(f"the entry '{shown(name)}' stands {times} times")
    for info in infos:
        _check(info)
    # Stored entries that do not overlap fit into the file, with a head and a row for each.
    needed = sum(info.file_size + _HEAD_BYTES + _DIRECTORY_BYTES for info in infos)
    if needed > size:
        raise _refused(f"its entries need {needed} bytes, the file has {size}: they overlap")
    folders = {name.partition("/")[0] for name in names}
    if len(folders) != 1 or not all("/" in name for name in names):
        listed = ", ".join(shown(name) for name in sorted(names)[:3])
        raise unsupported(
            f"the zip archive holds {listed} and is not one that torch.save wrote",
            "If it holds a checkpoint, unpack it first.",
        )


def _check(info: zipfile.ZipInfo) -> None:
    name, parts = info.filename, info.filename.split("/")
    if info.orig_filename != name or "\\" in name or ":" in name or not name.isprintable():
        raise _refused(f"the entry '{shown(info.orig_filename)}' has a name that means more")
    if name.startswith("/") or ".." in parts or "" in parts or "." in parts:
        raise _refused(f"the entry '{shown(name)}' leads out of the archive")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise _refused(f"the entry '{shown(name)}' is a link")
    if info.flag_bits & 1:
        raise _refused(f"the entry '{shown(name)}' is encrypted")
    if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size:
        raise _refused(
            f"the entry '{shown(name)}' is packed, {info.compress_size} bytes for {info.file_size}"
        )


def _below(name: str) -> str:
    return name.partition("/")[2]


def _refused(fault: str) -> ModelFileError:
    return ModelFileError(
        "IMPORT_ARCHIVE",
        f"the zip archive is not one that torch.save writes: {fault}.",
        "Save the model again with torch.save, or get the file from where it was made.",
    )
