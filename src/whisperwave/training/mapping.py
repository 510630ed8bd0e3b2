"""Plain values into frozen dataclasses, and the errors of those that do not fit."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any, TypeVar

from whisperwave.errors import ConfigError

T = TypeVar("T")


def from_mapping(kind: type[T], mapping: Mapping[str, Any]) -> T:
    """Fill a dataclass from a mapping with exactly its fields.

    Raises:
        ConfigError: ``BAD_SETTINGS`` with the keys that are unknown or missing.
    """
    wanted = {field.name for field in fields(kind)}  # type: ignore[arg-type] # T is a dataclass
    if set(mapping) != wanted:
        unknown, missing = sorted(set(mapping) - wanted), sorted(wanted - set(mapping))
        raise ConfigError(
            "BAD_SETTINGS",
            f"{kind.__name__}: {unknown=}, {missing=}.",
            f"Its keys are {', '.join(sorted(wanted))}.",
        )
    return kind(**mapping)


def unknown(name: str, value: object, known: Iterable[str]) -> ConfigError:
    """The error of a word that is none of those known."""
    return ConfigError(
        "BAD_SETTINGS", f"{name}={value!r} is unknown.", f"Use {' or '.join(known)}."
    )


def too_small(name: str, value: float | None, wanted: str) -> ConfigError:
    """The error of a number that could not work."""
    return ConfigError("BAD_SETTINGS", f"{name}={value} is too small.", f"Use {wanted}.")
