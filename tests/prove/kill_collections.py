"""Does a scan, or a download, that is killed at any moment go on where it was, and end the same?

    python tests/prove/kill_collections.py scan --json benchmarks/results/scan_kills.json

One trial is one task (a scan of tagged files; a download from a server on this computer), killed
with SIGKILL after random times until a run of it ends by itself. Then the listing must be byte for
byte that of a run that nobody killed, every sound in it must have its digest, no file may have been
worked on again but the one that each kill met, and nothing half-made may lie about.
"""

import argparse
import io
import json
import os
import platform
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Protocol

import numpy as np
import soundfile

from whisperwave.library import downloads, durable
from whisperwave.library.collections import Scan, scan, scanning
from whisperwave.library.downloads import Download, downloading
from whisperwave.library.listing import read_listing

RATE = 16000
GENRES = ("Metalcore", "Jazz", "Hip-Hop|Rap", "Zeuhl")
SPEAKERS, SENTENCES = ("p225", "p226", "p227"), 4
ADDRESS_PART = 2048
ENDED, BROKEN = 0, 1


class Task(Protocol):
    """Something that is done into a folder."""

    work: int  # how many files are worked on

    def run(self, folder: Path, report: Callable[[], None]) -> None:
        """Do it, or go on with it; ``report`` is called before each file is worked on."""

    def faults(self, folder: Path) -> list[str]:
        """What is wrong with the result."""


def noise(seed: int, seconds: float = 0.2) -> np.ndarray:
    """A sound that no other seed makes."""
    return 0.1 * np.random.default_rng(seed).standard_normal(round(RATE * seconds))


@dataclass
class Scanning:
    """A scan of tagged files, one of them not a sound."""

    music: Path
    work: int

    @classmethod
    def made(cls, parent: Path, files: int) -> "Scanning":
        """With so many files."""
        for number in range(files - 1):
            path = parent / f"{number % 7}" / f"{number:03}.{('flac', 'ogg', 'wav')[number % 3]}"
            path.parent.mkdir(exist_ok=True, parents=True)
            with soundfile.SoundFile(path, "w", RATE, 1) as file:
                file.genre, file.artist = GENRES[number % len(GENRES)], f"artist {number % 5}"
                file.write(noise(number))
        (parent / "cover.jpg").write_bytes(b"\xff\xd8\xff" + bytes(99))
        return cls(parent, files)

    def run(self, folder: Path, report: Callable[[], None]) -> None:
        """Scan."""
        honest = scanning.read_facts

        def reported(path: Path, **options: bool) -> object:
            report()
            return honest(path, **options)

        scanning.read_facts = reported  # type: ignore[assignment] # in a child of its own
        scan(Scan(self.music, folder / "listing.json"))

    def faults(self, folder: Path) -> list[str]:
        """Files that are neither listed nor skipped, or both; and what should not lie there."""
        listed = {item.path for item in read_listing(folder / "listing.json").items}
        lines = (folder / "listing.skipped.jsonl").read_text().splitlines()
        skipped = {json.loads(line)["path"] for line in lines}
        there = {p.relative_to(self.music).as_posix() for p in self.music.rglob("*") if p.is_file()}
        faults = [f"{name} is lost" for name in there - listed - skipped]
        faults += [f"{name} is listed and skipped" for name in listed & skipped]
        names = {path.name for path in folder.iterdir()}
        right = {"listing.json", "listing.journal", "listing.skipped.jsonl"}
        return faults + [
            f"{name} lies about" for name in names - right - {"listing.journal-journal"}
        ]


class SlowServer(BaseHTTPRequestHandler):
    """Gives one archive, or the rest of it, a little at a time."""

    content = b""

    def do_GET(self) -> None:
        """Answer."""
        asked = self.headers.get("Range", "")
        start = int(asked[6:-1]) if asked and self.headers.get("If-Range") == '"it"' else 0
        if not self.path.endswith(".zip"):
            self.send_error(404)
            return
        whole = len(self.content)
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{whole - 1}/{whole}")
        self.send_header("Content-Length", str(whole - start))
        self.send_header("ETag", '"it"')
        self.end_headers()
        try:
            for place in range(start, whole, ADDRESS_PART):
                self.wfile.write(self.content[place : place + ADDRESS_PART])
                time.sleep(0.001)
        except OSError:
            return  # who asked was killed

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@dataclass
class Downloading:
    """A download of an archive laid out as VCTK, brought to another rate."""

    address: str
    work: int

    @classmethod
    @contextmanager
    def made(cls) -> Iterator["Downloading"]:
        """With a server that lives as long as the block."""
        SlowServer.content = _archive()
        chosen = downloads.find("vctk")
        archive = replace(chosen.archives[0], sha256=None, size=None)
        sys.modules["whisperwave.library.downloads.sets.vctk"].SET = replace(  # type: ignore[attr-defined]
            chosen, archives=(archive,), seconds=1.0
        )
        with ThreadingHTTPServer(("127.0.0.1", 0), SlowServer) as server:
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
            yield cls(f"http://127.0.0.1:{server.server_address[1]}", len(SPEAKERS) * SENTENCES)
            server.shutdown()

    def run(self, folder: Path, report: Callable[[], None]) -> None:
        """Download."""
        honest = downloading.transcoded

        def reported(*words: object) -> object:
            report()
            return honest(*words)  # type: ignore[arg-type]

        downloading.transcoded = reported  # type: ignore[assignment] # in a child of its own
        downloads.download(Download("vctk", folder, self.address, 8000, is_licence_accepted=True))

    def faults(self, folder: Path) -> list[str]:
        """Sounds without their digest; and what should not lie there."""
        listing = read_listing(folder / "listing.json")
        faults = [
            f"{item.path} is damaged"
            for item in listing.items
            if sha256(listing.path_of(item).read_bytes()).hexdigest() != item.sha256
        ]
        there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
        right = {item.path for item in listing.items} | {"listing.json", "manifest.json", "lock"}
        return faults + [f"{name} lies about" for name in there - right]


def _archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(len(SPEAKERS) * SENTENCES):
            speaker = SPEAKERS[number % len(SPEAKERS)]
            sound = io.BytesIO()
            soundfile.write(sound, noise(number), RATE, format="FLAC")
            name = f"{speaker}/{speaker}_{number // len(SPEAKERS):03}_mic1.flac"
            archive.writestr(f"wav48_silence_trimmed/{name}", sound.getvalue())
        archive.writestr("README.txt", bytes(random.Random(1).randbytes(100_000)))
    return buffer.getvalue()


def in_child(task: Task, folder: Path, patience: float | None) -> tuple[bool, int]:
    """Run a task in a child, and kill it after a time; whether it ended, and how much it did."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        try:
            task.run(folder, lambda: os.write(writing, b"x") and None)
        except BaseException as error:  # noqa: BLE001 - a forked child must not return
            sys.stderr.write(f"{error!r}\n")
            os._exit(BROKEN)
        os._exit(ENDED)
    os.close(writing)
    if patience is not None:
        threading.Timer(patience, _kill, (child,)).start()
    with os.fdopen(reading, "rb") as reports:
        done = len(reports.read())
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status not in (ENDED, -signal.SIGKILL):
        raise RuntimeError(f"the child ended with {status}")
    return status == ENDED, done


def _kill(child: int) -> None:
    try:
        os.kill(child, signal.SIGKILL)
    except ProcessLookupError:
        return  # it has ended by itself


def trials(task: Task, kills: int, parent: Path, chance: random.Random) -> dict[str, object]:
    """Kill until so many kills have been, and compare each result with one of a quiet run."""
    quiet = parent / "quiet"
    quiet.mkdir()
    began = time.monotonic()
    in_child(task, quiet, None)
    usual = time.monotonic() - began
    wanted = (quiet / "listing.json").read_bytes()
    failures = [f"quiet: {fault}" for fault in task.faults(quiet)]
    met = ends = redone = 0
    while met < kills:
        folder = Path(tempfile.mkdtemp(dir=parent))
        done = of_this = 0
        has_ended = False
        while not has_ended:
            # After a few kills it is let be, for a kill always in the first moments ends nothing.
            patience = chance.uniform(0, 1.2 * usual) if of_this < 8 else None
            has_ended, more = in_child(task, folder, patience)
            done, of_this = done + more, of_this + (not has_ended)
        met, ends, redone = met + of_this, ends + 1, redone + done - task.work
        if (folder / "listing.json").read_bytes() != wanted:
            failures.append("the listing is another")
        if done > task.work + of_this:
            failures.append(f"{done} files were worked on, of {task.work}, after {of_this} kills")
        failures += task.faults(folder)
        shutil.rmtree(folder)
        sys.stderr.write(f"\r{met} of {kills} kills")
    return {"kills": met, "trials": ends, "files": task.work, "redone": redone,
            "failures": failures}  # fmt: skip


def main() -> int:
    """Run the trials; the exit status is 1 if anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("task", choices=["scan", "download"])
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--files", type=int, default=60, help="of a scan")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    chance, began = random.Random(options.seed), time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        parent = Path(name)
        if options.task == "scan":
            task = Scanning.made(parent / "music", options.files)
            found = trials(task, options.kills, parent, chance)
        else:
            with Downloading.made() as task:
                found = trials(task, options.kills, parent, chance)
    result = {
        "question": f"Does a {options.task} that is killed at any moment go on and end the same?",
        **found,
        "python": platform.python_version(),
        "seconds": round(time.monotonic() - began, 1),
    }
    text = json.dumps(result, indent=2)
    if options.json:
        durable.write_bytes(options.json, text.encode() + b"\n")
    sys.stdout.write(text + "\n")
    return 1 if found["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())
