"""A run that was cut is, to the last bit, the run that was not; or it says why it cannot be."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from tiny_runs import EXACT, TINY, assert_same, cut, figures, make_sounds, state_of, train

from whisperwave.errors import ConfigError, TrainingError
from whisperwave.training import run
from whisperwave.training.artefacts import checkpoints
from whisperwave.training.artefacts.journal import read
from whisperwave.training.learning.autoregressive import NextSample
from whisperwave.training.processes import machine

STEPS = 9


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sounds of a run that nothing has cut; it lies beside them in ``runs/whole``."""
    folder = make_sounds(tmp_path_factory.mktemp("whole") / "sounds")
    train(folder, *EXACT, f"trainer.steps={STEPS}", "name=whole")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_sounds(tmp_path / "sounds")


def events(lines: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [line for line in lines if line["event"] == kind]


@pytest.mark.parametrize(("step", "workers"), [(0, 0), (1, 2), (3, 0), (5, 1), (8, 0)])
def test_c1_a_run_cut_after_any_step_ends_with_the_same_bits(
    whole: Path, step: int, workers: int
) -> None:
    """A handful here; every step of forty with three numbers of workers is in `make prove`."""
    place = cut(whole.parent / "runs" / "whole", step, f"cut-{step}")
    train(whole, *EXACT, f"trainer.steps={STEPS}", f"name=cut-{step}", f"trainer.workers={workers}")
    last = f"checkpoints/step-{STEPS:07d}"
    assert_same(state_of(whole.parent / "runs/whole" / last), state_of(place / last))
    uncut, resumed = (figures(path / "log.jsonl") for path in (place.parent / "whole", place))
    assert resumed == {key: value for key, value in uncut.items() if key[1] > step}
    (told,) = events(read(place / "log.jsonl"), "resumed")
    assert (told["step"], told["after"], told["kind"]) == (step, "crash", "crash")


def test_a_line_tells_the_mean_of_its_steps_also_when_the_run_was_cut_between_them(
    whole: Path,
) -> None:
    place = whole.parent / "runs" / "fours"
    words = (*EXACT, f"trainer.steps={STEPS}", "trainer.report_steps=4")
    train(whole, *words, "name=fours")
    each, told = (figures(path / "log.jsonl") for path in (place.with_name("whole"), place))
    for score in ("bits", "accuracy"):
        mean = np.mean([each["step", step][score] for step in range(5, 9)])
        assert told["step", 8][score] == pytest.approx(mean, rel=1e-5)
    assert told["step", 8]["learning_rate"] == each["step", 8]["learning_rate"]
    resumed = cut(place, 6, "fours-cut-6")
    train(whole, *words, "name=fours-cut-6")
    assert figures(resumed / "log.jsonl")["step", 8] == told["step", 8]


def test_the_state_of_chance_is_part_of_what_is_remembered(whole: Path) -> None:
    """The control: the comparison above would see a generator that was not put back."""
    first, second = (
        state_of(whole.parent / f"runs/whole/checkpoints/step-000000{n}") for n in (4, 4)
    )
    assert_same(first, second)
    second["random"]["torch"][100] ^= 1
    with pytest.raises(AssertionError, match=r"\.random\.torch"):
        assert_same(first, second)


def test_c1_chance_goes_on_where_it_was_when_steps_draw_from_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As those of a network with dropout would; what looks at memory before a step draws, too."""
    training_step = NextSample.training_step

    def drawing(self: NextSample, *batch: Any) -> torch.Tensor:
        drawn = random.random() + np.random.random() + float(torch.rand(()))  # noqa: NPY002 # that one
        return (1.0 + 0.1 * drawn) * training_step(self, *batch)

    monkeypatch.setattr(NextSample, "training_step", drawing)
    words = (*EXACT, "trainer.steps=4", "trainer.check_memory=true")
    train(folder, *words, "name=whole")
    for step in (0, 2):
        place = cut(folder.parent / "runs" / "whole", step, f"cut-{step}")
        train(folder, *words, f"name={place.name}")
        last = "checkpoints/step-0000004"
        assert_same(state_of(place.parent / "whole" / last), state_of(place / last))


def test_the_optimiser_is_never_reset_by_a_restart(whole: Path) -> None:
    """The project before this one lost Adam's memory at each of 84 restarts."""
    place = cut(whole.parent / "runs" / "whole", 6, "kept")
    train(whole, *EXACT, "trainer.steps=9", "name=kept")
    state = state_of(place / "checkpoints" / "step-0000009")["optimiser"]["state"]
    assert {float(each["step"]) for each in state.values()} == {9.0}
    assert all(float(each["exp_avg_sq"].sum()) > 0 for each in state.values())


def test_c4_asked_to_stop_it_keeps_the_step_in_hand_and_can_go_on(folder: Path) -> None:
    for number, blow in enumerate((signal.SIGINT, signal.SIGTERM)):

        def press(line: dict[str, Any], blow: signal.Signals = blow) -> None:
            if (line["event"], line.get("step")) == ("step", 10):
                os.kill(os.getpid(), blow)

        place = folder.parent / "runs"
        words = [*TINY, f"folder={place}", f"name=stopped-{number}"]
        assert run(folder, [*words, "trainer.steps=100000"], press) is None
        kept = checkpoints.steps(place / f"stopped-{number}" / "checkpoints")
        assert kept[-1].name in ("step-0000010", "step-0000011")
        lines: list[dict[str, Any]] = []
        assert run(folder, [*words, "trainer.steps=20"], lines.append) is not None
        (told,) = events(lines, "resumed")
        assert told["changed"] == {"trainer.steps": [100000, 20]}
        assert told["after"] == "stopped"


START = "import sys; from whisperwave.cli import main; sys.exit(main(sys.argv[1:]))"


def start(folder: Path, *words: str, **options: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", START, "train", str(folder), *TINY, *words, "--json"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options)


def test_c1_c18_killed_it_loses_one_interval_at_most_and_with_its_output_closed_it_goes_on(
    folder: Path,
) -> None:
    """Both by real processes; three hundred kills are in `make prove`."""
    words = (f"folder={folder.parent}", "name=killed", "trainer.steps=40", "trainer.report_steps=1")
    place = folder.parent / "killed"
    reached = 0
    with start(folder, *words) as child:
        for line in child.stdout:
            reached = max(reached, json.loads(line).get("step", 0))
            if reached >= 25:
                child.kill()
                break
    found = checkpoints.latest(place / "checkpoints", lambda _: None)
    assert found is not None
    assert reached - 10 <= found.step
    with start(folder, *words) as child:
        child.stdout.readline()
        child.stdout.close()
    assert child.returncode == 0
    assert (place / "killed.safetensors").is_file()
    assert '"listener_gone"' in (place / "log.jsonl").read_text()


def test_c9_the_thread_count_of_the_start_is_applied_again(folder: Path) -> None:
    before = torch.get_num_threads()
    try:
        words = ("trainer.steps=2", "name=threads", "trainer.threads=0")
        torch.set_num_threads(2)
        train(folder, *words)
        torch.set_num_threads(1)
        (folder.parent / "runs" / "threads" / "threads.safetensors").unlink()
        _, lines = train(folder, *words[1:], "trainer.steps=3")
        assert torch.get_num_threads() == 2
        assert events(lines, "not_bit_exact") == []
    finally:
        torch.set_num_threads(before)


def test_c9_c10_another_machine_is_said_once_with_the_reason_and_recorded(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(folder, "trainer.steps=2", "name=moved")
    here = machine.describe("cpu")
    there = here | {"instruction_set": "NEON", "torch": "9.9", "host": "elsewhere"}
    monkeypatch.setattr(machine, "describe", lambda _: there)
    _, lines = train(folder, "trainer.steps=4", "name=moved")
    (told,) = events(lines, "not_bit_exact")
    assert told["step"] == 2
    assert len(told["reasons"]) == 2
    assert "NEON now" in told["reasons"][0]
    _, lines = train(folder, "trainer.steps=6", "name=moved")
    assert events(lines, "not_bit_exact") == []
    newest = checkpoints.latest(folder.parent / "runs/moved/checkpoints", lambda _: None)
    assert newest is not None
    assert newest.facts["breaks"] == [{"step": 2, "reasons": told["reasons"]}]


def test_c11_sounds_that_moved_are_the_same_and_sounds_that_changed_are_refused(
    folder: Path,
) -> None:
    train(folder, "trainer.steps=2", "name=data")
    folder = folder.rename(folder.with_name("moved"))
    _, lines = train(folder, "trainer.steps=3", "name=data")
    assert events(lines, "resumed")[0]["step"] == 2
    soundfile.write(folder / "hiss" / "0.wav", 0.1 * np.sin(np.arange(16000)), 16000)
    with pytest.raises(TrainingError, match=r"DATA_CHANGED.*accept-changed-data"):
        train(folder, "trainer.steps=4", "name=data")
    _, lines = train(folder, "trainer.steps=4", "name=data", accept_changed_data=True)
    assert events(lines, "data_changed")[0]["step"] == 3
    newest = checkpoints.latest(folder.parent / "runs/data/checkpoints", lambda _: None)
    assert newest is not None
    assert newest.facts["breaks"][0]["reasons"][0].startswith("data ")


def test_c12_other_settings_are_shown_and_only_harmless_ones_taken(folder: Path) -> None:
    train(folder, "trainer.steps=2", "name=settings")
    with pytest.raises(ConfigError, match="SETTINGS_CHANGED") as caught:
        train(folder, "trainer.steps=4", "name=settings", "data.crop=300", "trainer.batch_size=2")
    assert "data.crop: 256 then, 300 now; trainer.batch_size: 4 then, 2 now" in str(caught.value)
    _, lines = train(folder, "trainer.steps=4", "name=settings", "trainer.report_steps=2")
    assert events(lines, "resumed")[0]["changed"] == {
        "trainer.report_steps": [10, 2],
        "trainer.steps": [2, 4],
    }


def test_c15_a_clock_that_jumps_changes_no_interval(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Minutes are counted by a clock that only goes forward; an hour of it, and one is kept."""
    jumps = iter(range(10**6))
    monkeypatch.setattr(time, "time", lambda: 1e9 * (-1) ** next(jumps))
    words = ("trainer.steps=9", "trainer.checkpoint_steps=100")
    train(folder, *words, "name=steady", "trainer.checkpoint_minutes=60")
    monotonic = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: 1000.0 * monotonic())
    train(folder, *words, "name=hurried", "trainer.checkpoint_minutes=0.01")
    steady, hurried = (
        len(checkpoints.steps(folder.parent / "runs" / name / "checkpoints"))
        for name in ("steady", "hurried")
    )
    assert steady == 2  # the start and the end
    assert hurried > 2


def test_c20_a_run_copied_while_it_trains_goes_on_from_a_whole_checkpoint(folder: Path) -> None:
    copies: list[Path] = []

    def copy(line: dict[str, Any]) -> None:
        if line["event"] == "step" and line["step"] in (10, 20):
            runs = folder.parent / "runs"
            copies.append(shutil.copytree(runs / "live", runs / f"copy-{line['step']}"))

    words = [*TINY, f"folder={folder.parent / 'runs'}", "trainer.steps=30"]
    run(folder, [*words, "name=live"], copy)
    for path in copies:
        with (path / "log.jsonl").open("a") as log:
            log.write('{"event": "st')  # a copy may end in the middle of a line
        lines: list[dict[str, Any]] = []
        run(folder, [*words, f"name={path.name}"], lines.append)
        assert events(lines, "resumed")
        assert events(lines, "passed_over") == []
        last = "checkpoints/step-0000030"
        assert_same(state_of(folder.parent / "runs/live" / last), state_of(path / last))
        assert all(json.loads(line) for line in (path / "log.jsonl").read_text().splitlines())


def test_c7_a_run_tells_of_a_damaged_checkpoint_and_ends_with_the_same_weights(
    folder: Path,
) -> None:
    train(folder, *EXACT, "trainer.steps=4", "name=damaged")
    newest = folder.parent / "runs" / "damaged" / "checkpoints" / "step-0000004"
    before = state_of(newest)
    (newest / "state.pt").write_bytes(b"torn")
    _, lines = train(folder, *EXACT, "trainer.steps=4", "name=damaged")
    assert "step-0000004" in events(lines, "passed_over")[0]["message"]
    assert_same(before, state_of(newest))
