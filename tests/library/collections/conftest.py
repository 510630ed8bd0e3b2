"""A music collection of small tagged files, in every format that has tags."""

import os
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

RATE = 16000

Tags = dict[str, str]

_ID3_FRAMES = {"title": b"TIT2", "artist": b"TPE1", "album": b"TALB", "genre": b"TCON",
               "date": b"TDRC"}  # fmt: skip
_MP4_ATOMS = {"title": b"\xa9nam", "artist": b"\xa9ART", "album": b"\xa9alb", "genre": b"\xa9gen",
              "date": b"\xa9day"}  # fmt: skip


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    """Quiet noise ``[T]``."""
    return 0.1 * np.random.default_rng(seed).standard_normal(round(RATE * seconds))


def id3(tags: Tags) -> bytes:
    """An ID3v2.4 tag of text frames, in UTF-8 (id3.org, version 2.4.0)."""
    frames = b"".join(
        _ID3_FRAMES[name] + _synchsafe(len(body)) + bytes(2) + body
        for name, text in tags.items()
        for body in (b"\x03" + text.encode(),)
    )
    return b"ID3\x04\x00\x00" + _synchsafe(len(frames)) + frames


def _synchsafe(size: int) -> bytes:
    return bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))


def atom(name: bytes, *bodies: bytes) -> bytes:
    """One MP4 box."""
    body = b"".join(bodies)
    return struct.pack(">I", 8 + len(body)) + name + body


def mp4(tags: Tags, seconds: float, rate: int = RATE) -> bytes:
    """An MP4 file that has a length, a rate and tags, and no sound in it (ISO 14496-12)."""
    header = atom(b"mvhd", struct.pack(">12xII80x", rate, round(seconds * rate)))
    entry = struct.pack(">6xH8xHHHHI", 1, 1, 16, 0, 0, rate << 16)
    sound = atom(b"mp4a", entry, _ESDS)
    table = atom(b"stbl", atom(b"stsd", struct.pack(">4xI", 1), sound))
    track = atom(b"trak", atom(b"mdia", atom(b"minf", table)))
    texts = [
        atom(_MP4_ATOMS[name], atom(b"data", struct.pack(">I4x", 1), text.encode()))
        for name, text in tags.items()
    ]
    meta = atom(b"udta", atom(b"meta", bytes(4), atom(b"ilst", *texts)))
    return atom(b"ftyp", b"M4A \0\0\0\0M4A ") + atom(b"moov", header, track, meta)


# An elementary stream of AAC, as its description names it (ISO 14496-1).
_ESDS = atom(
    b"esds", bytes(4), b"\x03\x19\0\0\0\x04\x11\x40\x15\0\0\0\0\0\0\0\0\0\0\0\x05\x02\x12\x10\x06"
)


def write_tagged(path: Path, seconds: float = 1.0, seed: int = 0, **tags: str) -> Path:
    """Write a sound file with tags, in the format that its suffix names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix in (".m4a", ".mp4"):
        path.write_bytes(mp4(tags, seconds))
    elif path.suffix == ".mp3":
        soundfile.write(path, noise(seconds, seed), RATE)
        path.write_bytes(id3(tags) + path.read_bytes())
    else:
        form = "OGG" if path.suffix == ".opus" else path.suffix[1:].upper()
        subtype = "OPUS" if path.suffix == ".opus" else None
        name = os.fsencode(path)  # which need not be UTF-8
        with soundfile.SoundFile(name, "w", RATE, 1, subtype=subtype, format=form) as file:
            for name, text in tags.items():
                setattr(file, name, text)
            file.write(noise(seconds, seed))
    return path


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
