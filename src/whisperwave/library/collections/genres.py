"""Sub-genres folded into genres by a table: metalcore → metal, ``Hip-Hop|Rap`` → hip-hop.

The table is a TOML file: ``[genres]``, and under it for each genre the words and phrases that mean
it. A shipped one knows the usual names; a user's own file takes its place, or goes before it with
``extend = true``.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from whisperwave.errors import ConfigError
from whisperwave.library.display import shown

_SHIPPED = Path(__file__).with_name("genres.toml")
_KEYS = frozenset(("genres", "extend"))
_BETWEEN_GENRES = re.compile(r"[|;/,\\\0]")
_AND = re.compile(r"[&+]|'n'|\band\b")
_NO_WORD = re.compile(r"[^\w*]+|_")

Words = tuple[str, ...]
# How good a match is: its words, whether they are spelt out, and where it ends; the greatest wins.
_Rank = tuple[int, bool, int]


@dataclass(frozen=True)
class GenreTable:
    """Which phrases mean which genre.

    ``phrases`` holds the phrases that are spelt out, ``beginnings`` and ``endings`` the words with
    a star behind or in front of them.
    """

    phrases: Mapping[Words, str]
    beginnings: Mapping[str, str] = field(default_factory=dict)
    endings: Mapping[str, str] = field(default_factory=dict)

    @property
    def genres(self) -> tuple[str, ...]:
        """All genres of the table, in the order of their letters."""
        known = (*self.phrases.values(), *self.beginnings.values(), *self.endings.values())
        return tuple(sorted(set(known)))

    def fold(self, text: str) -> str | None:
        """The genre that a file's genre tag means; None if no phrase of the table is in it.

        Several genres in one tag (``Rock|Pop``, ``Rock; Pop``) are tried in their order, after the
        whole of it.
        """
        whole = words_of(text)
        if whole in self.phrases:
            return self.phrases[whole]
        for part in _BETWEEN_GENRES.split(text):
            found = max(self._matches(words_of(part)), default=None)
            if found is not None:
                return found[1]
        return None

    def _matches(self, words: Words) -> Iterator[tuple[_Rank, str]]:
        for start, word in enumerate(words):
            for stop in range(start + 1, len(words) + 1):
                genre = self.phrases.get(words[start:stop])
                if genre is not None:
                    yield (stop - start, True, stop), genre
            for genre in self._by_star(word):
                yield (1, False, start + 1), genre

    def _by_star(self, word: str) -> Iterator[str]:
        for beginning, genre in self.beginnings.items():
            if word.startswith(beginning):
                yield genre
        for ending, genre in self.endings.items():
            if word.endswith(ending):
                yield genre


def words_of(text: str) -> Words:
    """The words of a genre: small letters without accents or signs, with ``n`` for any "and"."""
    letters = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    plain = "".join(c for c in letters if not unicodedata.combining(c))
    # An apostrophe joins (children's); every other sign parts.
    joined = _AND.sub(" n ", plain).replace("'", "")
    return tuple(_NO_WORD.sub(" ", joined).split())


def shipped_genres() -> GenreTable:
    """The table that comes with the package."""
    return read_genres(_SHIPPED)


def read_genres(path: Path) -> GenreTable:
    """Read a table of genres.

    Raises:
        ConfigError: ``GENRES_BAD``, what is wrong in it; ``NO_SUCH_FILE``.
    """
    try:
        mapping = tomllib.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise ConfigError(
            "NO_SUCH_FILE",
            f"The table '{shown(path)}' cannot be read: {error.strerror}.",
            "Check the name for a slip.",
        ) from error
    except ValueError as error:
        raise _bad(path, f"it is not TOML: {error}") from error
    return _table(path, mapping)


def _table(path: Path, mapping: Mapping[str, Any]) -> GenreTable:
    unknown = mapping.keys() - _KEYS
    if unknown:
        raise _bad(path, f"its key {min(unknown)!r} is unknown")
    if not isinstance(mapping.get("extend", False), bool):
        raise _bad(path, "extend must be true or false")
    own = _compiled(path, mapping.get("genres"))
    if not mapping.get("extend", False):
        return own
    base = shipped_genres()
    return GenreTable(
        {**base.phrases, **own.phrases},
        {**base.beginnings, **own.beginnings},
        {**base.endings, **own.endings},
    )


def _compiled(path: Path, genres: object) -> GenreTable:
    if not isinstance(genres, dict) or not genres:
        raise _bad(path, "it has no table [genres]")
    owners: dict[Words, str] = {}
    for genre, words in _entries(path, genres):
        if owners.setdefault(words, genre) != genre:
            phrase = " ".join(words)
            raise _bad(path, f"{phrase!r} stands under {owners[words]!r} and {genre!r}")
    starred = {words: genre for words, genre in owners.items() if "*" in "".join(words)}
    return GenreTable(
        {words: genre for words, genre in owners.items() if words not in starred},
        {words[0][:-1]: genre for words, genre in starred.items() if words[0].endswith("*")},
        {words[0][1:]: genre for words, genre in starred.items() if words[0].startswith("*")},
    )


def _entries(path: Path, genres: dict[str, Any]) -> Iterator[tuple[str, Words]]:
    for genre, phrases in genres.items():
        if not isinstance(phrases, list) or not phrases:
            raise _bad(path, f"{genre!r} must be a list of phrases")
        for phrase in phrases:
            words = words_of(phrase) if isinstance(phrase, str) else ()
            if not words:
                raise _bad(path, f"{genre!r} holds {phrase!r}, in which there is no word")
            if not _is_well_starred(words):
                raise _bad(path, f"{phrase!r}: a star stands at one end of a single word")
            yield genre, words


def _is_well_starred(words: Words) -> bool:
    if "*" not in "".join(words):
        return True
    (first, *others) = words
    stem = first.removesuffix("*") if first.endswith("*") else first.removeprefix("*")
    return not others and stem != "" and "*" not in stem


def _bad(path: Path, why: str) -> ConfigError:
    return ConfigError(
        "GENRES_BAD",
        f"The table of genres '{shown(path)}' cannot be used: {why}.",
        'It should read like: [genres] metal = ["metal", "metalcore"].',
    )
