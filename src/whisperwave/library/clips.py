"""A clip: one numbered sound of the library, as people and programs see it."""

from dataclasses import dataclass

from whisperwave.errors import ConfigError

RATINGS = ("love", "neutral", "not-for-me")
OWN_STYLE = "own"


@dataclass(frozen=True)
class Clip:
    """What the library knows about one sound.

    ``number`` never changes and is never given to another sound. ``digest`` is the SHA-256 of the
    file's bytes. ``origin`` is ``starter`` or ``user``.
    """

    number: int
    title: str
    style: str
    digest: str
    sample_rate: int
    channels: int
    seconds: float
    licence: str
    rating: str
    origin: str


@dataclass(frozen=True)
class Added:
    """The outcome of adding a file: the clip, whether it is new, and notes about its content."""

    clip: Clip
    is_new: bool
    notes: tuple[str, ...] = ()


def checked_rating(rating: str) -> str:
    """``rating`` if there is such a rating."""
    if rating not in RATINGS:
        raise ConfigError(
            "BAD_RATING", f"There is no rating {rating!r}.", f"Use one of {', '.join(RATINGS)}."
        )
    return rating
