"""Reading pickles without running anything of theirs: each name is answered by a stand-in.

Pickle is a language whose words can call any function that the reader hands out. This reader hands
out only `stand_ins`, so the worst a pickle can say is nonsense; a name beyond them refuses the
file, and there is no weaker way to load it.
"""

import io
import pickle
from collections.abc import Callable
from typing import Any, BinaryIO

from whisperwave.errors import ModelFileError
from whisperwave.exchange.foreign.faults import damaged
from whisperwave.exchange.foreign.stand_ins import (
    Storage,
    StorageType,
    Unknown,
    stand_in,
)
from whisperwave.library.display import shown

_MOST_NAMES = 8  # of unknown ones, that a refusal lists


class _Reader(pickle.Unpickler):
    """One pickle after another from one file."""

    def __init__(self, file: BinaryIO, persistent: Callable[[Any], Any]) -> None:
        # Python 2 wrote text as bytes; every byte is a character in this encoding.
        super().__init__(file, encoding="latin-1")
        self._persistent = persistent
        self.unknown: set[str] = set()

    def find_class(self, module: str, name: str) -> Any:
        """A stand-in, whatever the name asks for."""
        found = stand_in(module, name)
        if found is None:
            self.unknown.add(f"{module}.{name}")
            return Unknown
        return found

    def persistent_load(self, pid: Any) -> Any:
        """What a pickle keeps outside itself: storages."""
        return self._persistent(pid)


def read(file: BinaryIO, persistent: Callable[[Any], Any]) -> Any:
    """The next object in ``file``, in stand-ins.

    Raises:
        ModelFileError: ``IMPORT_UNKNOWN_NAMES``, with the names; ``IMPORT_DAMAGED``.
    """
    reader = _Reader(file, persistent)
    try:
        found = reader.load()
    except ModelFileError:
        _refuse(reader.unknown)
        raise
    except MemoryError:
        raise
    except Exception as error:  # a pickle can provoke anything, and all of it means one thing
        _refuse(reader.unknown)
        raise damaged(f"the pickle is broken ({type(error).__name__})") from error
    _refuse(reader.unknown)
    return found


def read_bytes(content: bytes, persistent: Callable[[Any], Any]) -> Any:
    """`read` for a pickle that is all of ``content``."""
    return read(io.BytesIO(content), persistent)


def storage(pid: Any) -> Storage:
    """The storage that a persistent name of PyTorch's stands for.

    Raises:
        ModelFileError: ``IMPORT_DAMAGED``.
    """
    match pid:
        case ("storage", StorageType() as kind, str() as key, str(), int() as length, *view):
            return _viewed(kind, key, length, view)
    raise damaged("the pickle keeps something else than storages outside itself")


def _viewed(kind: StorageType, key: str, length: int, view: list[Any]) -> Storage:
    """A storage, or the part of one that an old file names in addition."""
    start = 0
    match view:
        case [] | [None]:
            pass
        case [(str(), int() as start, int() as length)]:
            pass
        case _:
            raise damaged("a storage is described in a way that nobody knows")
    if start < 0 or length < 0:
        raise damaged(f"a storage begins at {start} and has {length} numbers")
    return Storage(kind, key, start, length)


def _refuse(unknown: set[str]) -> None:
    if not unknown:
        return
    names = sorted(unknown)
    listed = ", ".join(shown(name[:80]) for name in names[:_MOST_NAMES])
    further = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    raise ModelFileError(
        "IMPORT_UNKNOWN_NAMES",
        f"the pickle asks for {listed}{further}; nothing of it was run.",
        "Only tensors and the WaveNet's own classes are taken. Save a state dict alone: "
        "torch.save(model.state_dict(), file).",
    )
