"""What a made collection holds, file by file, drawn from one seed before anything is played."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from band.faults import FAULTS, Fault
from band.music import GENRES
from band.tags import Tags

SUB_GENRES = {
    "ambient": ("Ambient", "Dark Ambient", "New Age|Nature"),
    "classical": ("Classical", "Baroque", "String Quartet"),
    "folk": ("Folk", "Celtic", "Singer/Songwriter; Acoustic"),
    "metal": ("Metalcore", "Black Metal", "Doom"),
    "techno": ("Techno", "Minimal Techno", "Detroit Techno"),
    "spoken-word": ("Spoken Word",),
}
FORMS = (
    *((".mp3", rate, channels) for rate, channels in ((44100, 2), (48000, 2), (22050, 1))),
    *((".flac", rate, channels) for rate, channels in ((44100, 2), (96000, 2), (37800, 1))),
    *((".ogg", rate, channels) for rate, channels in ((44100, 2), (11025, 1))),
    *((".wav", rate, channels) for rate, channels in ((44100, 2), (192000, 1), (8000, 1))),
    (".opus", 48000, 2),
)
NAMES = (
    "-leading dash", "a\nline", "quote'\"s", "back\\slash", "turned \u202egnp", "cafe\u0301",
    "caf\u00e9", "雨と風", "Ночь 🌧", os.fsdecode(b"bad\xff"), " space ", "x" * 246,
)  # fmt: skip
"""Awkward names, among them two that look alike, and one of the longest that there can be."""
SPOKEN, UNKNOWN, UNTAGGED, TWINS = 4, 2, 3, 3


@dataclass(frozen=True)
class Piece:
    """One file: where it lies, what it plays, its form and its tags, and what is wrong with it.

    ``seed`` is that of its sound. A ``twin`` is another name of the file at that path, or a copy of
    it (``is_link``).
    """

    path: str
    genre: str
    tags: Tags
    suffix: str
    sample_rate: int
    channels: int
    seconds: float
    seed: int
    fault: Fault | None = None
    twin: str = ""
    is_link: bool = False

    @property
    def scan(self) -> str:
        """The code that a scan must give it; empty where it is listed."""
        if self.fault is not None:
            return self.fault.scan
        if self.is_link:
            return "SAME_FILE"
        if "genre" not in self.tags:
            return "NO_TAG"
        return "UNKNOWN_GENRE" if self.tags["genre"] == "Zeuhl" else ""

    @property
    def checked(self) -> str:
        """The code of a scan that decodes, which finds copies too."""
        if self.fault is not None:
            return self.fault.checked
        return "SAME_CONTENT" if self.twin and not self.is_link else self.scan


def planned(files: int, seconds: float, seed: int) -> list[Piece]:
    """Every file of a collection, the ordinary ones first; as many in all as asked for.

    Raises:
        ValueError: fewer than the odd ones and one of each genre need.
    """
    ordinary = files - len(FAULTS) - SPOKEN - UNKNOWN - UNTAGGED - TWINS
    five = [genre for genre in GENRES if genre != "spoken-word"]
    if ordinary < len(five):
        raise ValueError(f"{files} files are too few: {files - ordinary + len(five)} at least")
    genres = [five[index % len(five)] for index in range(ordinary)]
    genres += ["spoken-word"] * SPOKEN + [five[0]] * (UNKNOWN + UNTAGGED)
    rng = np.random.default_rng([seed, 0])
    pieces = [_ordinary(index, genre, seconds, rng) for index, genre in enumerate(genres)]
    pieces = pieces[: ordinary + SPOKEN] + list(_oddly_tagged(pieces[ordinary + SPOKEN :]))
    faulty = [_faulty(index, fault, seconds) for index, fault in enumerate(FAULTS)]
    twins = [_twin(piece, is_link=index == 0) for index, piece in enumerate(pieces[:TWINS])]
    return pieces + faulty + twins


def _ordinary(index: int, genre: str, seconds: float, rng: np.random.Generator) -> Piece:
    suffix, rate, channels = FORMS[int(rng.integers(len(FORMS)))]
    number = index // 5
    artist = f"{genre.title()} Artist {number % 5 + 1}"
    tags = {
        "title": f"Piece {index + 1}",
        "artist": artist,
        "album": f"Album {number % 3 + 1}",
        "genre": SUB_GENRES[genre][number % len(SUB_GENRES[genre])],
        "date": str(1990 + 10 * int(rng.integers(3))),
    }
    name = NAMES[index % len(NAMES)] if index < 2 * len(NAMES) else f"{index + 1:03} piece"
    path = f"{genre.title()}/{artist}/{name}{suffix}"
    length = seconds * float(rng.uniform(0.8, 1.2))
    return Piece(path, genre, tags, suffix, rate, channels, length, index)


def _oddly_tagged(pieces: list[Piece]) -> Iterator[Piece]:
    """Sounds whose genre is none, or none that the table knows."""
    for index, piece in enumerate(pieces):
        tags = {name: text for name, text in piece.tags.items() if name != "genre"}
        if index < UNKNOWN:
            tags["genre"] = "Zeuhl"
        yield replace(piece, path=f"Odd/odd tags {index}{piece.suffix}", tags=tags)


def _faulty(index: int, fault: Fault, seconds: float) -> Piece:
    tags = {"artist": "Odd Artist", "genre": "Folk", "date": "2000", "title": fault.name}
    suffix = fault.name[fault.name.rindex(".") :]
    return Piece(f"Odd/{fault.name}", "folk", tags, suffix, 44100, 2, seconds, 10_000 + index,
                 fault)  # fmt: skip


def _twin(piece: Piece, *, is_link: bool) -> Piece:
    """The same file under a name that comes after its own."""
    name = f"Twins/{'link' if is_link else 'copy'} {piece.tags['title']}{piece.suffix}"
    return replace(piece, path=name, twin=piece.path, is_link=is_link)
