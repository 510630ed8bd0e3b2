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
from training_children import Child, Event, apart

from whisperwave.library import durable
from whisperwave.training.artefacts import checkpoints

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"
STEPS, WORKERS = 40, (0, 1, 2)
KILLS, AIMED, INTERVAL, LENGTH = 300, 100, 5, 120
BEGUN = ".step-*.tmp.*"  # how a checkpoint is named until it is whole


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    return make_sounds(tmp_path / "sounds")


def test_a_run_cut_after_any_of_forty_steps_is_the_run_that_was_not(sounds: Path) -> None:
    runs = sounds.parent
    # At this rate some looks at held-out sound find it worse, which must be remembered, too.
    words = (*EXACT, f"folder={runs}", f"trainer.steps={STEPS}", "trainer.learning_rate=0.3")
    code, told = Child(sounds, *words, "name=whole").wait()
    assert code == 0
    assert {event["best"] for event in told if event["event"] == "validation"} == {True, False}
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
    """Three hundred at any moment, and then a hundred while a checkpoint is being written."""
    runs, rng = sounds.parent, random.Random(1)
    words = (f"folder={runs}", f"trainer.steps={LENGTH}", f"trainer.checkpoint_steps={INTERVAL}",
             "trainer.report_steps=1", "trainer.keep_checkpoints=3")  # fmt: skip
    assert Child(sounds, *words, "name=whole").wait()[0] == 0
    lost, damaged, ended, writing = [0], 0, 0, 0
    for kill in range(KILLS + AIMED):
        name = f"killed-{ended}"
        kept = runs / name / "checkpoints"
        child = Child(sounds, *words, f"name={name}")
        child.told(rng.randrange(40))
        if kill >= KILLS:
            then = _there(kept)
            child.until(lambda kept=kept, then=then: _there(kept) != then)
        time.sleep(rng.uniform(0.0, 0.03 if kill < KILLS else 0.01))
        told = child.kill()
        writing += any(kept.glob(BEGUN))
        damaged += sum(event["event"] == "passed_over" for event in told)
        lost.append(_lost(checkpoints.latest(kept, _fail), told))
        if (runs / name / f"{name}.safetensors").exists():
            _same_end(runs, name)
            ended += 1
    report = {
        "kills": KILLS + AIMED,
        "of_these_while_a_checkpoint_was_written_or_removed": writing,
        "unreadable": damaged,
        "interval_steps": INTERVAL,
        "most_steps_lost": max(lost),
        "runs_ended_with_the_bits_of_an_unkilled_one": ended,
    }
    assert damaged == 0
    assert max(lost) <= INTERVAL
    assert ended > 0
    assert writing >= AIMED // 4
    _write("training_kills.json", report)


def _there(folder: Path) -> set[Path]:
    """What lies in a folder, whatever it is called; it changes where a checkpoint is written."""
    return set(folder.iterdir()) if folder.exists() else set()


def _lost(found: checkpoints.Checkpoint | None, told: list[Event]) -> int:
    """How many of the steps that it had told of are in no checkpoint; none that it had kept."""
    kept, taken = (
        [event["step"] for event in told if event["event"] == kind]
        for kind in ("checkpoint", "step")
    )
    if found is None:
        assert not taken
        return 0
    assert found.step >= max(kept, default=0)
    return max(taken, default=found.step) - found.step


def _same_end(runs: Path, name: str) -> None:
    """Weights, optimiser, averaged weights and the state of chance; and every figure in the log."""
    last = f"checkpoints/step-{LENGTH:07d}"
    assert apart(lambda: assert_same(state_of(runs / "whole" / last), state_of(runs / name / last)))
    assert figures(runs / "whole" / "log.jsonl") == figures(runs / name / "log.jsonl")


def _fail(error: Exception) -> None:
    raise AssertionError(str(error)) from error


def _write(name: str, report: dict) -> None:
    RESULTS.mkdir(exist_ok=True)
    content = {"processors": os.cpu_count(), **report}
    durable.write_bytes(RESULTS / name, json.dumps(content, indent=1).encode() + b"\n")
