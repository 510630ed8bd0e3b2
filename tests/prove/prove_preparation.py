"""A preparation that is killed at any moment goes on to the same bytes; memory stays as it is."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import soundfile

from whisperwave.datasets import is_prepared, read_prepared
from whisperwave.datasets.preparing import Job, prepare
from whisperwave.datasets.recipe import Recipe, Source
from whisperwave.library import durable

HERE = Path(__file__).parent
RESULTS = HERE.parents[1] / "benchmarks" / "results"
KILLS, FILES = 200, 24
RATE = 8_000


def write_sounds(folder: Path, count: int, seconds: float) -> Path:
    for number in range(count):
        place = folder / f"{number // 1000:03}"
        place.mkdir(parents=True, exist_ok=True)
        noise = 0.1 * np.random.default_rng(number).standard_normal(round(seconds * RATE))
        soundfile.write(place / f"{number:06}.wav", noise, RATE)
    return folder


def job(sounds: Path, output: Path, **known: object) -> Job:
    recipe = Recipe((Source(str(sounds)),), name="set", sample_rate=RATE, **known)
    return Job(recipe, output)


def forked(work: Job) -> int:
    """A child that prepares and ends."""
    child = os.fork()
    if child == 0:
        try:
            prepare(work)
        finally:
            os._exit(0)
    return child


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_killed_at_any_moment_a_set_is_whole_or_not_there_and_goes_on(tmp_path: Path) -> None:
    sounds = write_sounds(tmp_path / "sounds", FILES, 1.0)
    known = {"features": ("f0", "loudness")}
    start = time.monotonic()
    os.waitpid(forked(job(sounds, tmp_path / "whole", **known)), 0)
    length = time.monotonic() - start
    wanted, chance = contents(tmp_path / "whole"), random.Random(2)
    found: Counter[str] = Counter()
    place, output = tmp_path / "place", tmp_path / "place" / "set"
    place.mkdir()
    for _ in range(KILLS):
        child = forked(job(sounds, output, **known))
        time.sleep(chance.uniform(0.0, length))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        if is_prepared(output):  # it was done, or killed after the last rename
            assert contents(output) == wanted
            found["whole"] += 1
            shutil.rmtree(output)
            continue
        found["gone on"] += 1
        if chance.random() < 0.3:
            prepare(job(sounds, output, **known))
            assert contents(read_prepared(output, verify=True).folder) == wanted
            shutil.rmtree(output)
            assert [path.name for path in place.iterdir()] == []
            found["ended"] += 1
    assert found["ended"] > 0
    _write("preparation_kills.json", {"kills": KILLS, **found, "lost": 0})


def test_a_hundred_thousand_clips_take_the_memory_of_a_thousand() -> None:
    command = [sys.executable, str(HERE / "preparation_of_many.py"), "--files", "100000"]
    finished = subprocess.run(
        [*command, "--json", str(RESULTS / "preparation_memory.json")],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert finished.returncode == 0, finished.stdout[-2000:]


def _write(name: str, counts: dict[str, object]) -> None:
    RESULTS.mkdir(parents=True, exist_ok=True)
    durable.write_bytes(RESULTS / name, json.dumps(counts, indent=2).encode() + b"\n")
