"""The cells of a grid: each a sound with its picture and its figures, kept by what it is made of.

A cell is finished when its figures are written, which comes last. They say what the cell was made
of and the digest of its sound, so a later grid takes a cell as it is, or makes it again.
"""

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from whisperwave import __version__
from whisperwave.errors import WhisperwaveError
from whisperwave.generation.grid.likeness import Likeness
from whisperwave.generation.instrument import Instrument
from whisperwave.generation.performance import picked
from whisperwave.generation.request import Request
from whisperwave.generation.result import Result
from whisperwave.library import Clips, durable

SOUNDS = "sounds"
"""The folder of all cells, in that of the grid."""

_KEY_LETTERS = 12
_NAME_LETTERS = 40


@dataclass(frozen=True)
class Cell:
    """A finished cell: ``sound`` and ``picture`` from the grid's folder, figures of the piece.

    ``likeness`` is to real sounds of its class, where there are any to compare with.
    """

    style: str
    checkpoint: str
    sound: str
    picture: str
    figures: dict[str, Any]
    likeness: Likeness | None = None

    @property
    def seconds(self) -> float:
        """How long it took to make."""
        return float(self.figures["elapsed_seconds"])


@dataclass(frozen=True)
class Missing:
    """A cell that could not be made; all of a checkpoint's if ``style`` is empty."""

    style: str
    checkpoint: str
    error: WhisperwaveError


def key_of(request: Request, instrument: Instrument, library: Clips) -> str:
    """A digest of all that the bytes of a cell's sound depend on."""
    made_of = {
        "version": __version__,
        "model": instrument.digest,
        "backend": request.backend,
        "precision": instrument.runtime.precision,
        "picks": list(picked(request.picks, library)),
        "seed": str(request.seed),
        "samples": request.length.samples,
        "seconds": request.length.seconds,
        "sample_rate": request.sample_rate,
        "sampling": asdict(request.sampling),
        "mastering": asdict(request.mastering),
        "wide": request.wide,
    }
    return hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()


def place_of(folder: Path, style: str, checkpoint: str, key: str, suffix: str) -> Path:
    """Where a cell's sound lies: named after what it is, and told apart by its key."""
    name = "-".join(_plain(word) for word in (style, checkpoint) if _plain(word))
    return folder / SOUNDS / f"{name}-{key[:_KEY_LETTERS]}{suffix}"


def kept(place: Path, style: str, checkpoint: str, key: str) -> Cell | None:
    """The finished cell whose sound lies at ``place``; None if it is not there, or not whole."""
    try:
        written = json.loads(place.with_suffix(".json").read_text(encoding="utf-8"))
        whole = (
            written["key"] == key
            and hashlib.sha256(place.read_bytes()).hexdigest() == written["sha256"]
            and place.with_suffix(".png").is_file()
        )
        figures = written["figures"]
        float(figures["elapsed_seconds"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return _cell(place, style, checkpoint, figures) if whole else None


def keep(result: Result, style: str, checkpoint: str, key: str) -> Cell:
    """Write the figures of a piece whose sound and picture are written: it is finished then."""
    place = result.output
    written = {
        "key": key,
        "sha256": hashlib.sha256(place.read_bytes()).hexdigest(),
        "figures": result.as_mapping() | {"output": place.name, "pictures": []},
    }
    text = json.dumps(written, indent=1, allow_nan=False)
    durable.write_bytes(place.with_suffix(".json"), text.encode("utf-8"))
    return _cell(place, style, checkpoint, json.loads(text)["figures"])


def _cell(place: Path, style: str, checkpoint: str, figures: dict[str, Any]) -> Cell:
    picture = place.with_suffix(".png").name
    return Cell(style, checkpoint, f"{SOUNDS}/{place.name}", f"{SOUNDS}/{picture}", figures)


def _plain(text: str) -> str:
    """A word that any file system takes."""
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-").lower()[:_NAME_LETTERS]
