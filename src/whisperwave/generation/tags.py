"""Tags: a generated file says that it is one, and how to make it again.

Model, precision, seed and picks are in the file; no path, no user's name, no clip title, no date.
The instruction set is not: it changes no sample, and one piece is one file on every machine.
"""

from dataclasses import dataclass

from whisperwave import __version__

LABEL = "AI-generated"


@dataclass(frozen=True)
class Tags:
    """What every container is asked to carry."""

    title: str
    artist: str
    comment: str
    software: str


def tags_for(model: str, precision: str, seed: int, picks: str) -> Tags:
    """The tags of a piece made by ``model`` (name and digest) from ``picks`` with ``seed``."""
    return Tags(
        title=f"{LABEL}: WhisperWave, picks {picks}, seed {seed}",
        artist=f"WhisperWave ({LABEL})",
        comment=f"{LABEL}. model={model} precision={precision} seed={seed} picks={picks}",
        software=f"WhisperWave {__version__}",
    )
