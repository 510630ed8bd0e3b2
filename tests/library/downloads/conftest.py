"""A server on this computer that does what servers do, and small archives laid out as the sets."""

import io
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import soundfile

RATE = 16000


@dataclass
class Behaviour:
    """What a server gives, and how it fails.

    ``breaks`` are the sizes after which the next answers break off; ``statuses`` what is answered
    in place of them. ``asked`` keeps the ``Range`` of every request, ``""`` for all of the file;
    ``told`` the headers of the last.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    breaks: list[int] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    takes_ranges: bool = True
    validator: str | None = '"one"'
    says_length: bool = True
    redirects: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    after_each: Callable[[], None] = lambda: None
    asked: list[tuple[str, str]] = field(default_factory=list)
    told: dict[str, str] = field(default_factory=dict)


class Handler(BaseHTTPRequestHandler):
    """Answers one request as its server's behaviour says."""

    def do_GET(self) -> None:
        will: Behaviour = self.server.behaviour
        will.told = dict(self.headers)
        will.asked.append((self.path, self.headers.get("Range", "")))
        if self.path in will.redirects:
            self.send_response(302)
            self.send_header("Location", will.redirects[self.path])
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif will.statuses:
            self.send_error(will.statuses.pop(0))
        elif self.path not in will.files:
            self.send_error(404)
        else:
            self._give(will, will.files[self.path])
        will.after_each()

    def _give(self, will: Behaviour, content: bytes) -> None:
        start = self._start(will)
        if start > len(content) - 1 and start:
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        if start:
            extent = f"bytes {start}-{len(content) - 1}/{len(content)}"
            self.send_header("Content-Range", extent)
        if will.says_length:
            self.send_header("Content-Length", str(len(content) - start))
        if will.validator:
            self.send_header("ETag", will.validator)
        for name, value in will.headers.items():
            self.send_header(name, value)
        self.end_headers()
        rest = content[start:]
        self.wfile.write(rest[: will.breaks.pop(0)] if will.breaks else rest)
        self.close_connection = True

    def _start(self, will: Behaviour) -> int:
        asked = self.headers.get("Range")
        mark = will.validator or will.headers.get("Last-Modified")
        if not asked or not will.takes_ranges or self.headers.get("If-Range") != mark:
            return 0
        return int(asked.removeprefix("bytes=").rstrip("-"))

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def behaviour() -> Behaviour:
    """What the server does; to be changed."""
    return Behaviour()


@pytest.fixture
def server(behaviour: Behaviour) -> Iterator[str]:
    """The address of a server on this computer."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        listening.behaviour = behaviour
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{listening.server_address[1]}"
        listening.shutdown()
        thread.join()


def sound(seed: int, suffix: str = ".wav", seconds: float = 0.3) -> bytes:
    """A sound file that no other seed makes."""
    noise = 0.1 * np.random.default_rng(seed).standard_normal((round(RATE * seconds), 1))
    buffer = io.BytesIO()
    soundfile.write(buffer, noise, RATE, format=suffix[1:].upper())
    return buffer.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    """A zip archive of these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture(scope="session")
def vctk_files() -> dict[str, bytes]:
    """Two speakers of three sentences by two microphones, and the texts."""
    files = {
        f"wav48_silence_trimmed/{speaker}/{speaker}_{sentence:03}_mic{microphone}.flac": sound(
            1000 * index + 10 * sentence + microphone, ".flac"
        )
        for index, speaker in enumerate(("p225", "s5"))
        for sentence in (1, 2, 3)
        for microphone in (1, 2)
    }
    return files | {"txt/p225/p225_001.txt": b"Please call Stella.\n", "README.txt": b"VCTK\n"}


@pytest.fixture(scope="session")
def vocalset_files() -> dict[str, bytes]:
    """Two singers in two ways, with what a Macintosh adds."""
    files = {
        f"FULL/{singer}/arpeggios/{technique}/{short}_arpeggios_{technique}_a.wav": sound(index)
        for index, (singer, short, technique) in enumerate(
            (s, t, technique)
            for s, t in (("female1", "f1"), ("male11", "m11"))
            for technique in ("belt", "vibrato")
        )
    }
    return files | {"__MACOSX/FULL/female1/arpeggios/belt/._f1.wav": b"x", "readme.txt": b"y"}


@pytest.fixture(scope="session")
def nus48e_files() -> dict[str, bytes]:
    """Two people who sing and read two songs."""
    return {
        f"nus-smc-corpus_48/{who}/{manner}/{song}.wav": sound(hash((who, manner, song)) % 2**32)
        for who in ("ADIZ", "JLEE")
        for manner in ("sing", "read")
        for song in ("01", "09")
    } | {"nus-smc-corpus_48/README.txt": b"NUS\n", "nus-smc-corpus_48/ADIZ/sing/01.txt": b"0 1 AH"}


def unpacked(files: dict[str, bytes], folder: Path) -> Path:
    """The files, in a folder."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder
