"""A training run that is cut is the run that is not: at every step, and killed at any moment."""

import json
import os
import random
import shutil
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[1] / "training")]

from tiny_runs import EXACT, assert_same, cut, figures, make_sounds, state_of
from training_children import Child, apart

from whisperwave.library import durable
from whisperwave.training import checkpoints

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"
STEPS, WORKERS = 40, (0, 1, 2)
KILLS, INTERVAL, LENGTH = 300, 5, 120


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    return make_sounds(tmp_path / "sounds")


def test_a_run_cut_after_any_of_forty_steps_is_the_run_that_was_not(sounds: Path) -> None:
    runs = sounds.parent
    words = (*EXACT, f"folder={runs}", f"trainer.steps={STEPS}")
    assert Child(sounds, *words, "name=whole").wait()[0] == 0
    last = f"checkpoints/step-{STEPS:07d}"
    equal = Counter()
    for step in range(STEPS):
        for workers in WORKERS:
            shutil.rmtree(runs / "cut", ignore_errors=True)
            place = cut(runs / "whole", step, "cut")
            code, _ = Child(sounds, *words, "name=cut", f"trainer.workers={workers}").wait()
            assert code == 0, (step, workers)
            states = (runs / "whole" / last, place / last)
            assert apart(lambda of=states: assert_same(*map(state_of, of))), (step, workers)
            uncut, resumed = (figures(runs / name / "log.jsonl") for name in ("whole", "cut"))
            assert resumed == {key: v for key, v in uncut.items() if key[1] > step}
            equal[f"{workers} workers"] += 1
    _write("training_resume.json", {"steps": STEPS, "cuts": sum(equal.values()),
                                    "equal_to_the_last_bit": dict(equal)})  # fmt: skip


def test_no_kill_costs_more_than_one_interval(sounds: Path) -> None:
    runs, rng = sounds.parent, random.Random(1)
    words = (f"folder={runs}", f"trainer.steps={LENGTH}", f"trainer.checkpoint_steps={INTERVAL}",
             "trainer.report_steps=1", "trainer.keep_checkpoints=3")  # fmt: skip
    assert Child(sounds, *words, "name=whole").wait()[0] == 0
    lost, damaged, ended, kills = [0], 0, 0, 0
    while kills < KILLS:
        name = f"killed-{ended}"
        child = Child(sounds, *words, f"name={name}")
        child.told(rng.randrange(40))
        time.sleep(rng.uniform(0.0, 0.03))
        told = child.kill()
        kills += 1
        kept = [event["step"] for event in told if event["event"] == "checkpoint"]
        taken = [event["step"] for event in told if event["event"] == "step"]
        damaged += sum(event["event"] == "passed_over" for event in told)
        found = checkpoints.latest(runs / name / "checkpoints", _fail)
        assert found is not None or not taken
        if found is not None:
            assert found.step >= max(kept, default=0)
            lost.append(max(taken, default=found.step) - found.step)
        if (runs / name / f"{name}.safetensors").exists():
            _same_end(runs, name)
            ended += 1
    report = {
        "kills": kills,
        "unreadable": damaged,
        "interval_steps": INTERVAL,
        "most_steps_lost": max(lost),
        "runs_ended_with_the_weights_of_an_unkilled_one": ended,
    }
    assert damaged == 0
    assert max(lost) <= INTERVAL
    assert ended > 0
    _write("training_kills.json", report)


def _same_end(runs: Path, name: str) -> None:
    last = f"checkpoints/step-{LENGTH:07d}"
    assert apart(lambda: assert_same(state_of(runs / "whole" / last), state_of(runs / name / last)))


def _fail(error: Exception) -> None:
    raise AssertionError(str(error)) from error


def _write(name: str, report: dict) -> None:
    RESULTS.mkdir(exist_ok=True)
    content = {"processors": os.cpu_count(), **report}
    durable.write_bytes(RESULTS / name, json.dumps(content, indent=1).encode() + b"\n")
