"""However often a grid is killed, no cell is half, and in the end all are what they are alone."""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import soundfile

from whisperwave.library import durable

RESULT = Path(__file__).parents[2] / "benchmarks" / "results" / "grid_kills.json"
KILLS = 60
CLASSES = ("hiss", "hum", "pulse")
SEEDS = 4


def test_no_kill_costs_more_than_the_cells_in_hand(class_path, tmp_path):
    """Each seed is a grid of its own in the same folder; each start may be the last."""

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
    rng, killed = random.Random(1), 0
    for turn in range(KILLS):
        before = _finished(tmp_path / "killed")
        child = start(turn % SEEDS, tmp_path / "killed")
        time.sleep(rng.uniform(0.0, 1.2 * usual_seconds))
        child.send_signal(signal.SIGKILL)
        killed += child.wait() == -signal.SIGKILL
        assert before <= _finished(tmp_path / "killed")
        for name in _finished(tmp_path / "killed"):
            assert soundfile.info(tmp_path / "killed" / "sounds" / name).frames > 0
    for seed in range(SEEDS):
        assert start(seed, tmp_path / "killed").wait() == 0
    assert _sounds(tmp_path / "killed") == whole
    assert len(whole) == SEEDS * len(CLASSES)
    report = {"starts": KILLS, "killed": killed, "half_cells": 0, "lost_cells": 0}
    durable.write_bytes(RESULT, json.dumps(report, indent=1).encode() + b"\n")


def _sounds(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("sounds/*.flac"))}


def _finished(folder: Path) -> set[str]:
    """The sounds whose figures are written."""
    return {path.with_suffix(".flac").name for path in folder.glob("sounds/*.json")}
