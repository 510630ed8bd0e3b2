"""A music collection of small tagged files, in every format that has tags."""

import json
import os
import shutil
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

sys.path.insert(0, str(Path(__file__).parents[3] / "tools" / "collection"))  # scripts, no package

from band.tags import Tags, id3, mp4, sound_file

from whisperwave.library.collections import Scan, Wish, scan
from whisperwave.library.listing import Listing, read_listing

RATE = 16000


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    """Quiet noise ``[T]``."""
    return 0.1 * np.random.default_rng(seed).standard_normal(round(RATE * seconds))


def write_tagged(path: Path, seconds: float = 1.0, seed: int = 0, **tags: str) -> Path:
    """Write a sound file with tags, in the format that its suffix names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix in (".m4a", ".mp4"):
        content = mp4(tags, seconds, RATE)
    else:
        content = sound_file(path.suffix, noise(seconds, seed)[None], RATE, tags)
    with open(os.fsencode(path), "wb") as file:  # noqa: PTH123 - its name need not be UTF-8
        file.write(content)
    return path


@pytest.fixture(autouse=True)
def ffmpeg_is_here() -> Iterator[None]:
    """MP4 is listed where ffmpeg is installed; here nothing of it is decoded."""
    honest = shutil.which
    with pytest.MonkeyPatch.context() as patch:  # not the test's own, which may be undone
        patch.setattr("shutil.which", lambda name: name if name == "ffmpeg" else honest(name))
        yield


@pytest.fixture
def make_id3() -> Callable[[Tags], bytes]:
    """Makes an ID3 tag."""
    return id3


@pytest.fixture
def vorbis_flac() -> Callable[[Path, list[tuple[str, str]]], Path]:
    """Writes a FLAC file with these comments, of which several may have one name."""

    def write(path: Path, comments: list[tuple[str, str]]) -> Path:
        soundfile.write(path, noise(1.0), RATE)
        plain = path.read_bytes()
        texts = [f"{name}={text}".encode() for name, text in comments]
        body = struct.pack("<II", 0, len(texts))
        body += b"".join(struct.pack("<I", len(text)) + text for text in texts)
        # The stream information's 38 bytes come first; what follows stays behind the new block.
        block = b"\x04" + len(body).to_bytes(3) + body
        path.write_bytes(plain[:42] + block + plain[42:])
        return path

    return write


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """The folder of a collection, empty."""
    folder = tmp_path / "music"
    folder.mkdir()
    return folder


@pytest.fixture
def tagged(music: Path) -> Callable[..., Path]:
    """Writes a tagged file into the collection."""

    def write(name: str, seconds: float = 1.0, **tags: str) -> Path:
        return write_tagged(music / name, seconds, seed=len(list(music.rglob("*"))), **tags)

    return write


@pytest.fixture(scope="session")
def thirty_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty files of five genres in six formats, and a few that are no sound, made once."""
    folder = tmp_path_factory.mktemp("collection") / "music"
    genres = ("Metalcore", "Hip-Hop|Rap", "Classical", "Indie Rock", "Hardcore Punk")
    formats = (".mp3", ".flac", ".ogg", ".opus", ".m4a", ".wav")
    for index in range(30):
        genre, suffix = genres[index % 5], formats[index % 6]
        write_tagged(
            folder / genre.split("|")[0] / f"{index:02}{suffix}",
            seconds=1.0 + 0.1 * index,
            seed=index,
            title=f"Song {index}",
            artist=f"Artist {index % 7}",
            genre=genre,
            date=str(1990 + index % 3),
        )
    (folder / "cover.jpg").write_bytes(b"\xff\xd8\xff" + bytes(100))
    (folder / "notes.txt").write_text("a list of songs\n" * 10)
    (folder / "empty.mp3").touch()
    return folder


@pytest.fixture
def collection(music: Path, thirty_files: Path) -> Path:
    """The thirty files, to do with as one likes."""
    return Path(shutil.copytree(thirty_files, music, dirs_exist_ok=True))


@pytest.fixture
def request_of(tmp_path: Path, music: Path) -> Callable[..., Scan]:
    """A scan of the collection into a folder beside it."""
    (tmp_path / "out").mkdir()
    return lambda **wish: Scan(music, tmp_path / "out" / "listing.json", Wish(**wish))


@pytest.fixture
def scanned(request_of: Callable[..., Scan]) -> Callable[..., tuple[Listing, dict[str, str]]]:
    """Scans; gives the listing, and the code of every skipped file."""

    def run(**wish: object) -> tuple[Listing, dict[str, str]]:
        request = request_of(**wish)
        scan(request)
        lines = map(json.loads, request.skipped.read_text().splitlines())
        return read_listing(request.output), {line["path"]: line["code"] for line in lines}

    return run
