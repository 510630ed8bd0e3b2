"""Frozen dataclasses filled from plain values: what a person wrote, checked once and strictly."""

import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from whisperwave.errors import ConfigError

T = TypeVar("T")


def from_mapping(kind: type[T], mapping: Mapping[str, Any], where: str = "") -> T:
    """Fill a dataclass from a mapping, dataclasses inside it too.

    A key may be left out where its field has a default; a whole number will do for a fraction, and
    a list for a tuple.

    Args:
        kind: the dataclass.
        mapping: values as TOML, YAML or JSON have them.
        where: what the mapping is called in a message; the dataclass's name by itself.

    Raises:
        ConfigError: ``BAD_SETTINGS``; a key is unknown or missing, or a value is of another type.
    """
    where = where or kind.__name__
    known: dict[str, Field[Any]] = {f.name: f for f in fields(cast(Any, kind))}
    needed = {n for n, f in known.items() if f.default is MISSING and f.default_factory is MISSING}
    if not needed <= set(mapping) <= set(known):
        unknown, missing = sorted(set(mapping) - set(known)), sorted(needed - set(mapping))
        raise ConfigError(
            "BAD_SETTINGS", f"{where}: {unknown=}, {missing=}.", f"Its keys are {', '.join(known)}."
        )
    hints = get_type_hints(kind)
    return kind(**{n: _fitted(v, hints[n], f"{where}.{n}") for n, v in mapping.items()})


def _fitted(value: Any, hint: Any, where: str) -> Any:
    """The value as its field has it."""
    origin, options = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return None if value is None else _fitted(value, options[0], where)
    if origin is tuple:
        return _several(value, options[0], where)
    if is_dataclass(hint) and isinstance(value, Mapping):
        return from_mapping(cast(type[Any], hint), value, where)
    if origin is dict:
        return _single(value, dict, where)
    return _single(value, hint, where)


def _single(value: Any, hint: Any, where: str) -> Any:
    if get_origin(hint) is Literal:
        options = get_args(hint)
        fits, wanted = value in options, " or ".join(map(str, options))
    elif is_dataclass(hint):
        fits, wanted = False, "a table"
    else:
        value = float(value) if hint is float and type(value) is int else value
        fits, wanted = type(value) is hint, hint.__name__
    if not fits:
        raise _unfit(value, wanted, where)
    return value


def _several(value: Any, hint: Any, where: str) -> tuple[Any, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise _unfit(value, "a list", where)
    return tuple(_fitted(each, hint, f"{where}[{n}]") for n, each in enumerate(value))


def _unfit(value: Any, wanted: str, where: str) -> ConfigError:
    return ConfigError("BAD_SETTINGS", f"{where} is {value!r:.80}.", f"Use {wanted}.")
