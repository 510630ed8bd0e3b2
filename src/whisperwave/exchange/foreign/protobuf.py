"""Protocol buffers as they lie in a file: numbered fields, without a schema's help.

After the encoding's public description. Every length is held against what is left before it is
believed; nothing is copied until someone asks for its bytes.
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from whisperwave.exchange.foreign.faults import damaged

Value: TypeAlias = int | memoryview
Fields: TypeAlias = Mapping[int, Sequence[Value]]

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_WIDTHS = {_FIXED64: 8, _FIXED32: 4}
_LONGEST_VARINT = 10
_TEXT_BYTES = 65_536


def parse(message: memoryview) -> Fields:
    """The values of every field of a message, in their order.

    A number is an int without a sign (`signed` gives it one); what has a length, or a fixed width,
    stays as its bytes.

    Raises:
        ModelFileError: ``IMPORT_DAMAGED``.
    """
    found: dict[int, list[Value]] = {}
    at = 0
    while at < len(message):
        key, at = varint(message, at)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            value: Value
            value, at = varint(message, at)
        else:
            length = _WIDTHS.get(kind, 0)
            if kind == _BYTES:
                length, at = varint(message, at)
            elif not length:
                raise damaged(f"a field is of the kind {kind}, which nobody writes")
            value, at = _run(message, at, length), at + length
        if number == 0:
            raise damaged("a field has the number 0")
        found.setdefault(number, []).append(value)
    return found


def varint(message: memoryview, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, lowest first, and where the next thing begins.

    Raises:
        ModelFileError: ``IMPORT_DAMAGED``.
    """
    number = 0
    for index, byte in enumerate(message[at : at + _LONGEST_VARINT]):
        number |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return number & 0xFFFF_FFFF_FFFF_FFFF, at + index + 1
    raise damaged("a number does not end")


def signed(number: int) -> int:
    """A number of 64 bits with its sign."""
    return number - 2**64 if number >= 2**63 else number


def messages(fields: Fields, number: int) -> Iterator[memoryview]:
    """Every value of a field that has a length: bytes, text, or a further message."""
    for value in fields.get(number, ()):
        if isinstance(value, int):
            raise damaged(f"field {number} is a number, not a message")
        yield value


def numbers(fields: Fields, number: int) -> list[int]:
    """Every whole number of a field, with its sign, whether packed into one value or not."""
    found: list[int] = []
    for value in fields.get(number, ()):
        if isinstance(value, int):
            found.append(signed(value))
            continue
        at = 0
        while at < len(value):
            each, at = varint(value, at)
            found.append(signed(each))
    return found


def number_of(fields: Fields, number: int, default: int = 0) -> int:
    """The last whole number of a field, as a reader of the format takes it."""
    found = numbers(fields, number)
    return found[-1] if found else default


def text_of(fields: Fields, number: int) -> str:
    """The last text of a field; empty where there is none."""
    found = list(messages(fields, number))
    if found and len(found[-1]) > _TEXT_BYTES:
        raise damaged(f"a name has {len(found[-1])} bytes")
    return bytes(found[-1]).decode("utf-8", "backslashreplace") if found else ""


def float_of(fields: Fields, number: int, default: float) -> float:
    """The last number of 32 bits of a field."""
    found = list(messages(fields, number))
    if not found:
        return default
    if len(found[-1]) != 4:
        raise damaged(f"field {number} is no number of 32 bits")
    return float(struct.unpack("<f", found[-1])[0])


def _run(message: memoryview, at: int, length: int) -> memoryview:
    if length > len(message) - at:
        raise damaged(f"{length} bytes are announced where {len(message) - at} are left")
    return message[at : at + length]
