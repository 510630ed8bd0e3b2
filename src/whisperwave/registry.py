"""Extensions found by their file name: one file in a room is one name, with no list to edit."""

import difflib
import importlib
import pkgutil
from types import ModuleType

from whisperwave.errors import ConfigError


def names(room: str) -> tuple[str, ...]:
    """The extensions in a room, for example ``names("models")`` or ``names("dsp.features")``."""
    package = importlib.import_module(f"whisperwave.{room}")
    return tuple(sorted(m.name for m in pkgutil.iter_modules(package.__path__) if m.name[0] != "_"))


def find(room: str, name: str) -> ModuleType:
    """Import one extension by name; an unknown name is answered with the near ones."""
    known = names(room)
    if name not in known:
        near = difflib.get_close_matches(name, known) or known
        raise ConfigError(
            "UNKNOWN_NAME", f"{room} has no {name!r}.", f"Did you mean {', '.join(near)}?"
        )
    return importlib.import_module(f"whisperwave.{room}.{name}")
