"""However often a grid is killed, no cell is half, and in the end all are what they are alone."""

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from whisperwave.library import durable

RESULT = Path(__file__).parents[2] / "benchmarks" / "results" / "grid_kills.json"
KILLS = 60
CLASSES = ("hiss", "hum", "pulse")
SEEDS = 4


def test_no_kill_costs_more_than_the_cells_in_hand(class_path, tmp_path):
    """Each seed is a grid of its own in the same folder, begun anew when all of them are whole."""

    def start(seed, folder):
        words = ["grid", str(class_path), "--output", str(folder), "--seconds", "1",
                 "--seed", str(seed), "--at-once", "1"]  # fmt: skip
        return subprocess.Popen(
            [sys.executable, "-m", "whisperwave", *words],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    began = time.monotonic()
    for seed in range(SEEDS):
        assert start(seed, tmp_path / "whole").wait() == 0
    usual_seconds = (time.monotonic() - began) / SEEDS
    whole = _sounds(tmp_path / "whole")
    assert len(whole) == SEEDS * len(CLASSES)
    rng, killed, starts, grids = random.Random(1), 0, 0, 0
    folder = tmp_path / "killed"
    while killed < KILLS:
        before = _finished(folder)
        child = start(starts % SEEDS, folder)
        starts += 1
        time.sleep(rng.uniform(0.0, 1.2 * usual_seconds))
        child.send_signal(signal.SIGKILL)
        killed += child.wait() == -signal.SIGKILL
        assert before <= _finished(folder)
        for name in _finished(folder):
            assert (folder / "sounds" / name).read_bytes() == whole[name]
        if len(_finished(folder)) == len(whole):
            _end(start, folder, whole)
            grids += 1
    _end(start, folder, whole)
    assert grids > 0
    report = {"starts": starts, "killed": killed, "grids_ended": grids + 1,
              "half_cells": 0, "lost_cells": 0}  # fmt: skip
    durable.write_bytes(RESULT, json.dumps(report, indent=1).encode() + b"\n")


def _end(start: Callable, folder: Path, whole: dict[str, bytes]) -> None:
    """Let it come to its end, which is the same bytes, and clear it away."""
    for seed in range(SEEDS):
        assert start(seed, folder).wait() == 0
    assert _sounds(folder) == whole
    shutil.rmtree(folder)


def _sounds(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("sounds/*.flac"))}


def _finished(folder: Path) -> set[str]:
    """The sounds whose figures are written."""
    return {path.with_suffix(".flac").name for path in folder.glob("sounds/*.json")}
