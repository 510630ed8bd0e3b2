"""Does the library survive being killed at any moment, and every error of the disk?

    python tests/prove/kill_library.py --kills 2000 --json benchmarks/results/library_kills.json

Two parts. Random kills: a child adds sounds and rates clips, reports each finished step through a
pipe, and is killed with SIGKILL after a random time. Enumerated faults: one step (opening for the
first time, adding, rating, deleting, opening after a kill) is run again and again, and at its
first, second, third … system call that changes a file the child is killed, tears a write, or gets
EIO or ENOSPC, once or for good. After each run the library is opened and everything is compared
with the ledger: nothing acknowledged may be lost, no row may be without its bytes, nothing
half-written may remain.

The faults live in faults.c, which `faulty_disk` puts in front of the C library.
"""

import argparse
import json
import os
import platform
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Callable
from functools import cache
from itertools import count
from pathlib import Path

import faulty_disk
from faulty_disk import MODES
from library_on_trial import STARTER_CLIPS, Ledger, Place, faults_in

from whisperwave.errors import WhisperwaveError
from whisperwave.library import RATINGS, cell, confinement, durable

KILLS_PER_LIBRARY = 25
DONE, REFUSED = 0, 3


class WarmDecoders:
    """Decoder processes started ahead of need, for starting one takes longer than all the rest."""

    def __init__(self, count: int) -> None:
        self._waiting = deque(cell.SHARED._start() for _ in range(count))
        self._lent: subprocess.Popen[bytes] | None = None

    def lend(self) -> None:
        """Give the next child a decoder of its own; the last child's may be in mid-answer."""
        self.take_back()
        self._lent = self._waiting.popleft()
        self._waiting.append(cell.SHARED._start())

    def adopt(self) -> None:
        """In the child: use what was lent, though it is a child of the parent."""
        assert self._lent is not None
        self._lent.poll = lambda: None
        cell.SHARED._process, cell.SHARED._owner = self._lent, os.getpid()

    def take_back(self) -> None:
        """End what was lent."""
        if self._lent is not None:
            confinement._end(self._lent)
            self._lent = None

    def close(self) -> None:
        """End them all."""
        self.take_back()
        for process in self._waiting:
            confinement._end(process)


def in_child(work: Callable[[int], None]) -> tuple[int, int]:
    """Run ``work(pipe)`` in a forked child; returns its process id and the pipe to read from."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    os.close(reading)
    try:
        decoders.adopt()
        work(writing)
    except WhisperwaveError:
        os._exit(REFUSED)
    except BaseException:  # noqa: BLE001 - a forked child must never return to its parent's code
        os._exit(1)
    os._exit(DONE)


def busy_life(place: Place, seed: int) -> Callable[[int], None]:
    """Work without end: add a sound, rate a clip, report both."""

    def live(pipe: int) -> None:
        step = seed
        with place.open() as library:
            library.add(place.sound(1))
            os.write(pipe, b"\n")
            while True:
                step += 1
                clip = library.add(place.sound(step)).clip
                os.write(pipe, f"added {clip.number} {clip.digest}\n".encode())
                rated = library.rate(1 + step % clip.number, RATINGS[step % 3])
                os.write(pipe, f"rated {rated.number} {rated.rating}\n".encode())

    return live


def random_kills(kills: int, parent: Path, chance: random.Random) -> dict[str, object]:
    """Kill a busy child again and again, at random moments."""
    acknowledged, failures, seed = 0, [], 1
    place, ledger = Place.fresh(parent), Ledger()
    for kill in range(kills):
        if kill % KILLS_PER_LIBRARY == 0:
            sys.stderr.write(f"\r{kill} of {kills} kills")
            shutil.rmtree(place.root)
            place, ledger = Place.fresh(parent), Ledger()
        decoders.lend()
        child, pipe = in_child(busy_life(place, seed := seed + 10_000))
        with open(pipe) as reports:  # noqa: PTH123 - a descriptor, not a path
            reports.readline()
            time.sleep(chance.uniform(0.0, 0.25))
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            lines = reports.read().splitlines(keepends=True)
        before = ledger.acknowledged
        ratings = dict(ledger.ratings)
        for line in lines:
            if line.endswith("\n"):
                ledger.note(line)
        acknowledged += ledger.acknowledged - before
        forget_unfinished_rating(place, ledger, ratings)
        failures += [f"kill {kill}: {fault}" for fault in faults_in(place, ledger)]
    shutil.rmtree(place.root)
    return {"kills": kills, "acknowledged": acknowledged, "failures": failures}


def forget_unfinished_rating(place: Place, ledger: Ledger, before: dict[int, str]) -> None:
    """A rating may have been committed and not yet reported: then the new one is right, too."""
    if not (place.data / "catalogue.sqlite").exists():
        return
    with place.open() as library:
        found = {clip.number: clip.rating for clip in library.list()}
    different = [n for n, rating in ledger.ratings.items() if found.get(n) != rating]
    if len(different) == 1 and found.get(different[0]) in RATINGS and different[0] in found:
        ledger.ratings[different[0]] = found[different[0]]


def first_opening(place: Place, pipe: int) -> None:
    """Make the library and give numbers to the starter clips."""
    place.open().close()


def adding(place: Place, pipe: int) -> None:
    """Add one sound."""
    with place.open() as library:
        arm_now()
        clip = library.add(place.root / "1.wav").clip
        os.write(pipe, f"added {clip.number} {clip.digest}\n".encode())


def rating(place: Place, pipe: int) -> None:
    """Rate one clip."""
    with place.open() as library:
        arm_now()
        clip = library.rate(1, "love")
        os.write(pipe, f"rated {clip.number} {clip.rating}\n".encode())


def deleting(place: Place, pipe: int) -> None:
    """Delete the clip that was added before."""
    with place.open() as library:
        arm_now()
        clip = library.delete(STARTER_CLIPS + 1)
        os.write(pipe, f"deleted {clip.number} {clip.digest}\n".encode())


def recovering(place: Place, pipe: int) -> None:
    """Open a library whose last user was killed in the middle of adding."""
    arm_now()
    place.open().close()


STEPS = {
    "first opening": first_opening,
    "adding": adding,
    "rating": rating,
    "deleting": deleting,
    "recovering": recovering,
}
decoders: WarmDecoders
_armed: tuple[Path, int, int] | None = None


def arm_now() -> None:
    """Count, and fail, from here on."""
    if _armed is not None:
        faulty_disk.arm(*_armed)


def prepared(parent: Path, step: str) -> Place:
    """A place in the state that a step begins with."""
    place = Place.fresh(parent)
    place.sound(1)
    if step == "first opening":
        return place
    place.open().close()
    if step == "deleting":
        run_step(place, "adding", 0, 0)
    if step == "recovering":
        run_step(place, "adding", point_with_orphan(parent), MODES.index("kill"))
    return place


@cache
def point_with_orphan(parent: Path) -> int:
    """Where in adding a kill leaves the bytes of a clip whose row was never written."""
    for point in count(1):
        place = prepared(parent, "adding")
        run_step(place, "adding", point, MODES.index("kill"))
        if any(len(path.name) == 64 for path in (place.data / "clips").rglob("*")):
            return point
    raise AssertionError("adding never wrote a file")


def run_step(place: Place, step: str, point: int, mode: int) -> tuple[int, int, Ledger]:
    """Run one step with a fault; returns how the child ended, points passed, and its ledger."""

    def work(pipe: int) -> None:
        global _armed
        _armed = (place.data, point, mode)
        if step == "first opening":
            arm_now()
        STEPS[step](place, pipe)
        os.write(pipe, f"points {faulty_disk.points()} 0\n".encode())

    child, pipe = in_child(work)
    with open(pipe) as reports:  # noqa: PTH123 - a descriptor, not a path
        lines = reports.read().splitlines()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    points, ledger = 0, Ledger()
    for line in lines:
        if line.startswith("points"):
            points = int(line.split()[1])
        else:
            ledger.note(line)
    return status, points, ledger


def enumerated_faults(parent: Path, stride: int) -> dict[str, object]:
    """Every fault at every ``stride``-th point of every step.

    Files change only before and after the talk with the decoder, so one decoder serves all.
    """
    decoders.lend()
    ends: Counter[str] = Counter()
    points_of, failures = {}, []
    for step in STEPS:
        place = prepared(parent, step)
        _, points_of[step], _ = run_step(place, step, 0, 0)
        shutil.rmtree(place.root)
        for point in range(1, points_of[step] + 1, stride):
            sys.stderr.write(f"\r{step}: point {point} of {points_of[step]}")
            for mode, name in enumerate(MODES):
                place = prepared(parent, step)
                status, _, ledger = run_step(place, step, point, mode)
                ends[{DONE: "done", REFUSED: "refused", -9: "killed"}.get(status, "crashed")] += 1
                faults = faults_in(place, ledger)
                faults += (
                    [] if status in (DONE, REFUSED, -9) else [f"the child ended with {status}"]
                )
                failures += [f"{step}, point {point}, {name}: {fault}" for fault in faults]
                shutil.rmtree(place.root)
    return {"points": points_of, "runs": ends.total(), "ends": dict(ends), "failures": failures}


def main() -> int:
    """Run both parts; the exit status is 1 if anything was lost."""
    global decoders
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=2000)
    parser.add_argument("--stride", type=int, default=1, help="take every n-th fault point")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    folder = faulty_disk.preloaded()
    began = time.monotonic()
    decoders = WarmDecoders(4)
    try:
        result = {
            "question": "Does the library survive being killed at any moment, and disk errors?",
            "random": random_kills(options.kills, folder, random.Random(options.seed)),
            "enumerated": enumerated_faults(folder, options.stride),
            "sqlite": sqlite3.sqlite_version,
            "python": platform.python_version(),
            "seconds": round(time.monotonic() - began, 1),
        }
    finally:
        decoders.close()
        shutil.rmtree(folder, ignore_errors=True)
    text = json.dumps(result, indent=2)
    if options.json:
        durable.write_bytes(options.json, text.encode() + b"\n")
    sys.stdout.write(text + "\n")
    return 1 if result["random"]["failures"] or result["enumerated"]["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())
