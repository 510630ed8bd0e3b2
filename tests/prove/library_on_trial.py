"""A library on trial: where it is, what was acknowledged, and what is wrong with it now."""

import json
import sqlite3
import tempfile
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import numpy as np
import soundfile

from whisperwave.library import Library, open_library

STARTER_CLIPS = 2


@dataclass
class Ledger:
    """What the child said was done, and the one step that it may have been in the middle of."""

    digests: dict[int, str] = field(default_factory=dict)
    ratings: dict[int, str] = field(default_factory=dict)
    deleted: dict[int, str] = field(default_factory=dict)
    acknowledged: int = 0

    def note(self, line: str) -> None:
        """Take in one line: a clip number with its digest, its rating, or what it was."""
        kind, number, value = line.split()
        books = {"added": self.digests, "rated": self.ratings, "deleted": self.deleted}
        books[kind][int(number)] = value
        self.acknowledged += 1


@dataclass(frozen=True)
class Place:
    """One library on trial: its data, its starter clips, and where sounds to add are made."""

    root: Path

    @classmethod
    def fresh(cls, parent: Path) -> "Place":
        """A new place with a starter library and no data."""
        place = cls(Path(tempfile.mkdtemp(dir=parent)))
        clips = [write_starter(place.root / "starter", n) for n in range(STARTER_CLIPS)]
        catalogue = json.dumps({"version": 1, "clips": clips})
        (place.root / "starter" / "catalogue.json").write_text(catalogue)
        return place

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.root / "data"

    def open(self) -> Library:
        """Open the library."""
        return open_library(self.data, self.root / "starter")

    def sound(self, seed: int) -> Path:
        """A short sound that no other seed makes."""
        path = self.root / f"{seed}.wav"
        noise = np.random.default_rng(seed).integers(-999, 999, 2000).astype(np.int16)
        soundfile.write(path, noise, 16000)
        return path


def write_starter(folder: Path, number: int) -> dict[str, object]:
    """Write one starter clip and return its entry."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{number}.wav"
    soundfile.write(path, np.full(1600, 0.01 * (number + 1)), 16000)
    return {
        "file": path.name, "title": path.stem, "style": "rain", "licence": "Apache-2.0",
        "sha256": sha256(path.read_bytes()).hexdigest(), "seconds": 0.1, "sample_rate": 16000,
        "channels": 1,
    }  # fmt: skip


def faults_in(place: Place, ledger: Ledger) -> list[str]:
    """Open the library as its next user would, and name everything that is not as it must be."""
    with place.open() as library:
        clips = {clip.number: clip for clip in library.list()}
        faults = [
            f"clip {number} was acknowledged and is lost"
            for number, digest in ledger.digests.items()
            if number not in clips or clips[number].digest != digest
        ]
        faults += [
            f"the rating of clip {number} was acknowledged and is lost"
            for number, rating in ledger.ratings.items()
            if clips[number].rating != rating
        ]
        faults += [f"clip {n} was deleted and is there" for n in ledger.deleted if n in clips]
        faults += [f"clip {n} has no file" for n in clips if not library.path(n).is_file()]
        kept = {path.name for path in (place.data / "clips").rglob("*") if path.is_file()}
        wanted = {clip.digest for clip in clips.values() if clip.origin == "user"}
        faults += [f"{name} belongs to no clip" for name in kept - wanted]
        faults += [f"clip {name} has no bytes" for name in wanted - kept]
        faults += [
            f"clip {name[:8]} is damaged" for name in wanted & kept if is_damaged(place, name)
        ]
        if list(clips) != list(range(1, len(clips) + 1)):
            faults.append(f"the numbers are {list(clips)}")
    with sqlite3.connect(place.data / "catalogue.sqlite") as connection:
        faults += [row[0] for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
    connection.close()
    return faults


def is_damaged(place: Place, digest: str) -> bool:
    """Whether a kept file is no longer what its name says."""
    content = (place.data / "clips" / digest[:2] / digest).read_bytes()
    return sha256(content).hexdigest() != digest
