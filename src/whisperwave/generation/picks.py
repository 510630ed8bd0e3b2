"""Picks: the clips a person wants to hear more of, each with a weight."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from whisperwave.errors import ConfigError

_FORM = "Write a clip number, or number:weight with a weight above 0, for example 3 7:2 12."


@dataclass(frozen=True)
class Pick:
    """One clip of the library and how much of the style it gives."""

    number: int
    weight: float = 1.0

    def __str__(self) -> str:
        return f"{self.number}:{self.weight:g}"

    @classmethod
    def parse(cls, text: str) -> "Pick":
        """Read ``"7"`` (weight 1) or ``"7:2.5"``.

        Raises:
            ConfigError: not a clip number, or a weight that is not a finite number above 0.
        """
        number, colon, weight = text.partition(":")
        if not (number.isascii() and number.isdigit()) or int(number) == 0:
            raise ConfigError("BAD_PICK", f"{text!r} is not a pick.", _FORM)
        return cls(int(number), _weight(text, weight) if colon else 1.0)


@dataclass(frozen=True)
class Picks:
    """One or more picks, in the order they were named; no clip twice."""

    picks: tuple[Pick, ...]

    def __post_init__(self) -> None:
        if not self.picks:
            raise ConfigError("NO_PICKS", "no clip was picked.", _FORM)
        for index, pick in enumerate(self.picks):
            if pick.number in {earlier.number for earlier in self.picks[:index]}:
                raise ConfigError(
                    "DUPLICATE_PICK",
                    f"clip {pick.number} is picked twice.",
                    f"Name it once and raise its weight: {pick.number}:2.",
                )

    @classmethod
    def parse(cls, texts: Iterable[str]) -> "Picks":
        """Read picks from words such as ``["3", "7:2"]``; one word may hold several (``"3 7"``).

        Raises:
            ConfigError: a word is no pick, a clip comes twice, or there is none.
        """
        words = " ".join(texts).replace(",", " ").split()
        return cls(tuple(Pick.parse(word) for word in words))

    @property
    def shares(self) -> tuple[float, ...]:
        """Each pick's part of the whole; they add up to 1."""
        total = math.fsum(pick.weight for pick in self.picks)
        return tuple(pick.weight / total for pick in self.picks)

    def __iter__(self) -> Iterator[Pick]:
        return iter(self.picks)

    def __len__(self) -> int:
        return len(self.picks)

    def __str__(self) -> str:
        return " ".join(str(pick) for pick in self.picks)


@dataclass(frozen=True)
class ClassName:
    """A class that a model was trained on by its name, in the place of picks.

    Empty for a model that knows none.
    """

    name: str

    def __str__(self) -> str:
        return f"class {self.name}" if self.name else "no class"


def _weight(pick: str, text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        raise ConfigError("BAD_PICK", f"{text!r} in pick {pick!r} is no weight.", _FORM) from None
    if not (math.isfinite(weight) and weight > 0.0):
        raise ConfigError("BAD_PICK", f"pick {pick!r} has weight {text}.", _FORM)
    return weight
