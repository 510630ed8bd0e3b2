"""Two processes that train one run lose one of them again and again, and go on as two or as one."""

import json
import os
import random
import socket
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
import torch

sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[1] / "training")]

from tiny_runs import assert_same, cut, figures, make_sounds, state_of
from training_children import Child, Event, apart

from whisperwave.library import durable
from whisperwave.training.artefacts import checkpoints

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"
KILLS, INTERVAL, LENGTH = 20, 5, 100
CUTS = (1, 3, 5, 8)


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    return make_sounds(tmp_path / "sounds")


def start(count: int, sounds: Path, *words: str) -> list[Child]:
    """So many processes that train one run, without torchrun: nobody ends one but the proof."""
    if count == 1:
        return [Child(sounds, *words)]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    told = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port),
            "WORLD_SIZE": str(count), "LOCAL_WORLD_SIZE": str(count)}  # fmt: skip
    return [
        Child(sounds, *words, **told, RANK=str(rank), LOCAL_RANK=str(rank)) for rank in range(count)
    ]


def test_no_killed_process_costs_more_than_one_interval_and_none_waits_for_it(
    sounds: Path,
) -> None:
    runs, rng = sounds.parent, random.Random(1)
    words = (f"folder={runs}", f"trainer.steps={LENGTH}", f"trainer.checkpoint_steps={INTERVAL}",
             "trainer.report_steps=1")  # fmt: skip
    assert [child.wait()[0] for child in start(1, sounds, *words, "name=whole")] == [0]
    victims: Counter[int] = Counter()
    lost, waits, ended, kills, breaks = [0], [0.0], 0, 0, 0
    while kills < KILLS or not ended:
        name = f"killed-{ended}"
        pair = start(2, sounds, *words, f"name={name}")
        pair[0].told(rng.randrange(5, 50))
        time.sleep(rng.uniform(0.0, 0.05))
        victim = rng.randrange(2)
        killed = pair[victim].kill()
        began = time.monotonic()
        code, survived = pair[1 - victim].wait()
        waits.append(time.monotonic() - began)
        kills, victims[victim] = kills + 1, victims[victim] + 1
        told = killed + survived
        if code != 0:
            assert [e["code"] for e in survived if e["event"] == "error"] == ["RANK_LOST"]
        lost.append(steps_lost(runs / name, told))
        assert not [e for e in told if e["event"] == "passed_over"]
        if kills % 3 == 0:  # now and then one process ends the run alone
            assert [child.wait()[0] for child in start(1, sounds, *words, f"name={name}")] == [0]
        if (runs / name / f"{name}.safetensors").exists():
            breaks += len(ends_near(runs, name))
            ended += 1
    assert max(lost) <= INTERVAL
    assert set(victims) == {0, 1}
    write(
        "ranks_kills.json",
        {
            "kills": kills,
            "of_the_first_process": victims[0],
            "of_the_second_process": victims[1],
            "unreadable_checkpoints": 0,
            "interval_steps": INTERVAL,
            "most_steps_lost": max(lost),
            "longest_wait_of_the_other_seconds": round(max(waits), 2),
            "runs_ended_near_an_unkilled_one_of_one_process": ended,
            "changes_of_the_number_of_processes": breaks,
        },
    )


def test_a_run_goes_on_with_any_number_of_processes(sounds: Path) -> None:
    runs, length = sounds.parent, 10
    words = (f"folder={runs}", f"trainer.steps={length}", "trainer.report_steps=1",
             "trainer.checkpoint_steps=1", "trainer.keep_checkpoints=100",
             "trainer.validation_steps=3")  # fmt: skip
    apart_most: dict[str, float] = {}
    for before in (1, 2, 4):
        assert not any(c.wait()[0] for c in start(before, sounds, *words, f"name=whole-{before}"))
    equal = 0
    for before in (1, 2, 4):
        for after in (1, 2, 4):
            for step in CUTS:
                whole, name = runs / f"whole-{before}", f"cut-{before}-{after}-{step}"
                place = cut(whole, step, name)
                assert not any(c.wait()[0] for c in start(after, sounds, *words, f"name={name}"))
                same_steps(whole, place, step)
                pair, last = f"{before} then {after}", f"checkpoints/step-{length:07d}"
                apart_most[pair] = max(apart_most.get(pair, 0.0), distance(whole, place, last))
                if before == after:
                    assert apart(
                        lambda of=(whole / last, place / last): assert_same(*map(state_of, of))
                    )
                    equal += 1
    assert max(apart_most.values()) < 1e-5
    write(
        "ranks_resume.json",
        {
            "steps": length,
            "cuts": list(CUTS),
            "with_as_many_processes_equal_to_the_last_bit": equal,
            "of": 3 * len(CUTS),
            "largest_difference_of_a_weight_relative_to_the_largest": apart_most,
        },
    )


def distance(whole: Path, place: Path, name: str) -> float:
    """How far apart any weights of two checkpoints are at most, of those whose largest is 1."""
    place.joinpath("distance").unlink(missing_ok=True)

    def measure() -> None:
        one, other = (state_of(run / name)["network"] for run in (whole, place))
        most = max(
            float((other[key] - weights).abs().max() / weights.abs().max())
            for key, weights in one.items()
        )
        place.joinpath("distance").write_text(str(most))

    assert apart(measure)
    return float(place.joinpath("distance").read_text())


def same_steps(whole: Path, place: Path, step: int) -> None:
    """Hold the figures of all steps behind one equal, as they are told: to six digits, almost."""
    first, second = (figures(path / "log.jsonl") for path in (whole, place))
    kept = {key: told for key, told in first.items() if key[1] > step}
    assert kept.keys() == second.keys()
    for key, told in kept.items():
        names = told.keys() - {"event", "best"}
        assert {n: second[key][n] for n in names} == pytest.approx(
            {n: told[n] for n in names}, rel=1e-4
        )


def steps_lost(run: Path, told: list[Event]) -> int:
    """Of the steps that were told, how many no checkpoint has."""
    taken = [event["step"] for event in told if event["event"] == "step"]
    found = checkpoints.latest(run / "checkpoints", fail)
    assert found is not None
    return max(taken, default=found.step) - found.step


def ends_near(runs: Path, name: str) -> list[dict]:
    """Hold a run near one that was not killed; returns where its number of processes changed."""
    last = f"checkpoints/step-{LENGTH:07d}"

    def compare() -> None:
        one, other = (state_of(runs / each / last)["average"] for each in ("whole", name))
        for key, weights in one.items():
            torch.testing.assert_close(other[key], weights, rtol=1e-2, atol=1e-3)

    assert apart(compare)
    breaks: list[dict] = json.loads((runs / name / last / "manifest.json").read_text())["breaks"]
    return breaks


def fail(error: Exception) -> None:
    raise AssertionError(str(error)) from error


def write(name: str, report: dict) -> None:
    RESULTS.mkdir(exist_ok=True)
    content = {"processors": os.cpu_count(), **report}
    durable.write_bytes(RESULTS / name, json.dumps(content, indent=1).encode() + b"\n")
