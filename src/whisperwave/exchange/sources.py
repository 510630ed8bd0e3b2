"""Finding out what a foreign file is, and reading it into memory once."""

from pathlib import Path
from types import ModuleType

from whisperwave import registry
from whisperwave.errors import ModelFileError, OutputError
from whisperwave.library.display import shown
from whisperwave.modelfile.reading import load

ROOM = "exchange.importers"
_START_BYTES = 64
_KINDS = (
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "Unpack it, and import what is in it."),
    (b"\x1f\x8b", "a gzip archive", "Unpack it, and import what is in it."),
    (b"Rar!", "a RAR archive", "Unpack it, and import what is in it."),
    (b"\x89HDF", "an HDF5 file", "Keras models cannot be imported."),
    (b"GGUF", "a GGUF file", "Language models cannot be imported."),
)


def importer_of(path: Path, name: str) -> str:
    """The name of the importer for ``path``: ``name``, or for ``auto`` the one that recognises it.

    Raises:
        ModelFileError: ``IMPORT_UNKNOWN`` with what the file is, ``IMPORT_UNREADABLE``.
        ConfigError: ``UNKNOWN_NAME``.
    """
    names = registry.names(ROOM)
    if name != "auto":
        wanted = name.replace("-", "_")
        registry.find(ROOM, wanted)
        return wanted
    start = _start(path)
    for kind, what, remedy in _KINDS:
        if start.startswith(kind):
            raise ModelFileError("IMPORT_UNKNOWN", f"'{shown(path)}' is {what}.", remedy)
    for each in names:
        if registry.find(ROOM, each).recognises(path, start):
            return each
    raise ModelFileError(
        "IMPORT_UNKNOWN",
        f"'{shown(path)}' is of no format that can be imported.",
        f"Name one with --format, if you know better: {', '.join(map(spoken, names))}.",
    )


def spoken(name: str) -> str:
    """An importer's name as people write it."""
    return name.replace("_", "-")


def gathered(importer: ModuleType, path: Path) -> dict[str, bytes]:
    """The bytes of every file that belongs to the source, by their names.

    Raises:
        ModelFileError: ``MODEL_UNREADABLE``, ``MODEL_NOT_A_FILE`` or ``MODEL_FILE_TOO_LARGE``.
    """
    return {each.name: load(each).tobytes() for each in importer.gather(path)}


def check_output(path: Path) -> None:
    """Refuse an output before the work of an import, not after it.

    Raises:
        OutputError: ``NO_SUCH_FOLDER``.
    """
    if path.is_dir() or not path.parent.is_dir():
        raise OutputError(
            "NO_SUCH_FOLDER",
            f"{str(path)!r} is a folder, or in none that there is.",
            "Give the name of a file in a folder that exists.",
        )


def _start(path: Path) -> bytes:
    """The first bytes; none where there is no such file, for a name may stand for several."""
    try:
        if not path.is_file():
            return b""
        with path.open("rb") as file:
            return file.read(_START_BYTES)
    except OSError as error:
        raise ModelFileError(
            "IMPORT_UNREADABLE",
            f"'{shown(path)}' cannot be read: {error.strerror}.",
            "Check the path and its permissions.",
        ) from error
