"""A JSON object with one long array in it, read element by element: memory holds one of them.

The text is decoded by Python's own decoder, a window of the file at a time.
"""

import json
from collections.abc import Generator
from typing import IO, Any, NoReturn

_WINDOW = 65_536  # characters that are read at a time
_BLANKS = " \t\n\r"
_OF_NUMBERS = ("", ".", "e", "E")  # behind a number, they tell that the window's end has cut it


def read_object(file: IO[str], long: str) -> Generator[Any, None, dict[str, Any]]:
    """Read an object; the elements of its member ``long`` are yielded as they come.

    Args:
        file: from where the object begins; nothing but blanks may follow it.
        long: the name of the array. A value there that is none is not yielded but returned.

    Returns:
        All members; in the place of the array, an empty list.

    Raises:
        ValueError: it is no such JSON, a key stands twice, or a number is not finite.
    """
    text, members = _Window(file), dict[str, Any]()
    text.take("{")
    if text.next() == "}":
        text.take("}")
        text.end()
        return members
    while True:
        key = text.value()
        if not isinstance(key, str):
            text.fail("a name is missing")
        if key in members:
            text.fail(f"the key {key!r:.40} stands twice in one object")
        text.take(":")
        if key == long and text.next() == "[":
            members[key] = []
            yield from _elements(text)
        else:
            members[key] = text.value()
        if text.take(",}") == "}":
            text.end()
            return members


def _elements(text: "_Window") -> Generator[Any, None, None]:
    text.take("[")
    if text.next() == "]":
        text.take("]")
        return
    while True:
        yield text.value()
        if text.take(",]") == "]":
            return


class _Window:
    """As much of a file's text as is being read."""

    def __init__(self, file: IO[str]) -> None:
        self._file, self._text, self._at, self._gone = file, "", 0, 0
        self._decoder = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant)

    def next(self) -> str:
        """The next character that is no blank, which stays; empty at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in _BLANKS:
                self._at += 1
            if self._at < len(self._text) or not self._grow():
                return self._text[self._at : self._at + 1]

    def take(self, wanted: str) -> str:
        """Go past the next character, which must be one of these."""
        character = self.next()
        if not character or character not in wanted:
            self.fail(f"{' or '.join(wanted)} is missing")
        self._at += 1
        return character

    def value(self) -> Any:
        """The next value; what the window's end may have cut is read again with more."""
        self.next()
        while True:
            try:
                value, stop = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if not self._grow():
                    self.fail(error.msg)
            else:
                is_whole = self._text[stop : stop + 1] not in _OF_NUMBERS
                if is_whole or not self._grow():
                    self._at = stop
                    return value

    def end(self) -> None:
        """Check that nothing follows."""
        if self.next():
            self.fail("something follows it")

    def fail(self, why: str) -> NoReturn:
        """Raise an error that says where."""
        raise ValueError(f"{why}, at character {self._gone + self._at}")

    def _grow(self) -> bool:
        """Forget what was read; add as much again as is left, so that long values cost no more."""
        rest = self._text[self._at :]
        more = self._file.read(max(_WINDOW, len(rest)))
        if more:
            self._gone += self._at
            self._text, self._at = rest + more, 0
        return bool(more)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return mapping


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"it holds the number {name}")
