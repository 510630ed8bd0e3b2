"""What is known of a public data set before any of it is here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from whisperwave import registry

ROOM = "library.downloads.sets"


@dataclass(frozen=True)
class Archive:
    """One file that a set comes in.

    ``address`` is empty where it is only given to who asks. ``sha256`` and ``size`` (bytes) are
    None where they are not known: they are then noted at the first download, and must stay so.
    """

    name: str
    address: str = ""
    sha256: str | None = None
    size: int | None = None


@dataclass(frozen=True)
class Place:
    """Where a sound of a set belongs: whose it is, what it is called, and what is known of it."""

    speaker: str
    name: str
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PublicSet:
    """A data set that anybody may have.

    ``place`` says where a file of the archive (by its path in it) belongs, or None where it is no
    sound of the set. ``licence`` is a short text, ``licence_address`` where all of it is.
    ``seconds`` is how much sound there is, about, and ``asking`` how one gets what has no address.
    """

    name: str
    title: str
    page: str
    licence: str
    licence_address: str
    archives: tuple[Archive, ...]
    seconds: float
    place: Callable[[str], Place | None]
    asking: str = ""


def names() -> tuple[str, ...]:
    """The sets that can be had."""
    return registry.names(ROOM)


def find(name: str) -> PublicSet:
    """One set by its name.

    Raises:
        ConfigError: ``UNKNOWN_NAME``.
    """
    found: PublicSet = registry.find(ROOM, name).SET
    return found
