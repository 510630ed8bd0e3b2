"""File names as text that is safe to show: always one line, and no two names look the same."""

import os
from pathlib import PurePath

LONGEST_TEXT = 4096


def shown(name: str | bytes | PurePath) -> str:
    r"""``name`` with everything that is not plainly printable written as an escape.

    A newline becomes ``\n``, a right-to-left override ``\u202e``, a byte that is not UTF-8
    ``\xff`` and a backslash ``\\``, so that the result can be read back without doubt.
    """
    text = name if isinstance(name, str) else os.fsdecode(name)
    return "".join(_escaped(character) for character in text)


def stored(text: str) -> str:
    """Text from outside (a title, a style, a tag) as it is kept: escaped, and cut at 4 KiB."""
    return "".join(_unless_printable(character) for character in text.strip())[:LONGEST_TEXT]


def _escaped(character: str) -> str:
    return "\\\\" if character == "\\" else _unless_printable(character)


def _unless_printable(character: str) -> str:
    if character.isprintable():
        return character
    if "\udc80" <= character <= "\udcff":  # what os.fsdecode makes of a byte that is not UTF-8
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")
