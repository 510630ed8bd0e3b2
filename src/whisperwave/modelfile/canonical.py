"""JSON in one spelling only: the same value is always the same text, and strictly read.

Keys are sorted, there are no spaces, every character outside ASCII is escaped, a float is written
in the shortest form that reads back as itself (Python's ``repr``). NaN, infinities, doubled keys,
keys that are not text, and whole numbers beyond 64 bits are refused both ways.
"""

import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn

from whisperwave.errors import ModelFileError

_INTEGER_LIMIT = 2**63
_INTEGER_DIGITS = 20


def dumps(value: Any) -> str:
    """Write ``value`` canonically.

    Raises:
        ModelFileError: ``MODEL_NOT_JSON``, for what JSON cannot hold exactly.
    """
    return json.dumps(
        _plain(value, ""), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    )


def loads(text: str, where: str) -> Any:
    """Read JSON as strictly as `dumps` writes it; ``where`` names the text in an error.

    Raises:
        ModelFileError: ``MODEL_DUPLICATE_KEY``, ``MODEL_NOT_FINITE`` or ``MODEL_BAD_JSON``.
    """
    try:
        value = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_refuse_constant,
            parse_float=_finite,
            parse_int=_bounded,
        )
        # A lone half of a surrogate pair is legal JSON and no text: it cannot be shown or stored.
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise ModelFileError(
            "MODEL_BAD_JSON",
            f"{where} is not JSON: {error}.",
            "The file is damaged; get it again.",
        ) from error
    return value


def _plain(value: Any, where: str) -> Any:
    """The same value in JSON's own types, or a refusal that names the place."""
    match value:
        case None | bool() | str():
            return value
        case int() if -_INTEGER_LIMIT <= value < _INTEGER_LIMIT:
            return int(value)
        case float() if math.isfinite(value):
            return float(value)
        case Mapping() if all(isinstance(key, str) for key in value):
            return {key: _plain(item, f"{where}.{key}") for key, item in value.items()}
        case list() | tuple():
            return [_plain(item, f"{where}[{index}]") for index, item in enumerate(value)]
    raise ModelFileError(
        "MODEL_NOT_JSON",
        f"{where.lstrip('.') or 'the value'} is {value!r} ({type(value).__name__}).",
        "Use text, finite numbers, booleans, lists and mappings with text keys.",
    )


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) != len(pairs):
        seen: set[str] = set()
        doubled = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value] # the idiom needs add's None
        raise ModelFileError(
            "MODEL_DUPLICATE_KEY",
            f"the key {doubled!r} stands twice in one JSON object.",
            "The file is damaged or hostile; get it again.",
        )
    return mapping


def _refuse_constant(name: str) -> NoReturn:
    raise ModelFileError(
        "MODEL_NOT_FINITE",
        f"the header holds the number {name}.",
        "Write the model again; every number must be finite.",
    )


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        _refuse_constant(text[:40])
    return value


def _bounded(text: str) -> int:
    if len(text) > _INTEGER_DIGITS:
        raise ValueError(f"a whole number of {len(text)} digits")
    return int(text)
