"""A step that is not finite is not taken; the run goes back, tries again, and then says so."""

import errno
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_runs import EXACT, assert_same, make_sounds, state_of, train

from whisperwave.errors import OutputError, TrainingError
from whisperwave.training.artefacts import checkpoints
from whisperwave.training.learning.autoregressive import NextSample


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_sounds(tmp_path / "sounds")


def spoil(
    monkeypatch: pytest.MonkeyPatch, step: int, times: float, what: str = "loss"
) -> list[int]:
    """Make the loss, or one gradient alone, not a number at a step, so many times."""
    seen: list[int] = []
    name = {"loss": "training_step", "gradient": "on_before_optimizer_step"}[what]
    true = getattr(NextSample, name)

    def spoiled(self: NextSample, *arguments: Any) -> Any:
        is_due = self.step == step and len(seen) < times
        if is_due:
            seen.append(step)
        if is_due and what == "gradient":
            self.network.end2.weight.grad *= float("inf")
        found = true(self, *arguments)
        return found * float("nan") if is_due and what == "loss" else found

    monkeypatch.setattr(NextSample, name, spoiled)
    return seen


def test_c13_a_step_that_was_spoiled_once_leaves_no_trace(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(folder, *EXACT, "trainer.steps=6", "trainer.checkpoint_steps=2", "name=whole")
    spoil(monkeypatch, step=5, times=1)
    _, lines = train(folder, *EXACT, "trainer.steps=6", "trainer.checkpoint_steps=2", "name=hurt")
    (told,) = [line for line in lines if line["event"] == "rolled_back"]
    assert (told["step"], told["to"], told["rate_scale"]) == (5, 4, 1.0)
    runs = folder.parent / "runs"
    last = "checkpoints/step-0000006"
    assert_same(state_of(runs / "whole" / last), state_of(runs / "hurt" / last))


@pytest.mark.parametrize("what", ["loss", "gradient"])
def test_c13_what_was_found_is_written_down_with_the_numbers_of_the_crops(
    folder: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    spoil(monkeypatch, step=3, times=1, what=what)
    _, lines = train(folder, "trainer.steps=4", "name=hurt")
    (told,) = [line for line in lines if line["event"] == "rolled_back"]
    found = json.loads(Path(told["found"]).read_text())
    assert found["crops"] == [12, 13, 14, 15]
    assert "end2.weight" in found["parameters"]
    assert found["gradient_norm"] in ("nan", "inf")


def test_c13_with_half_the_rate_each_time_and_then_it_has_diverged(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(monkeypatch, step=3, times=2)
    _, lines = train(folder, "trainer.steps=4", "name=calmed")
    scales = [line["rate_scale"] for line in lines if line["event"] == "rolled_back"]
    assert scales == [1.0, 0.5]
    seen = spoil(monkeypatch, step=3, times=float("inf"))
    with pytest.raises(TrainingError, match=r"DIVERGED.*after 2 returns to step 0") as caught:
        train(folder, "trainer.steps=4", "name=lost", "trainer.retries=2")
    assert len(seen) == 3
    assert caught.value.exit_code == 10


def test_c13_weights_that_are_not_finite_are_never_kept(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    optimizer_step = NextSample.optimizer_step
    spoiled: list[int] = []

    def overflow(self: NextSample, *arguments: Any, **options: Any) -> None:
        optimizer_step(self, *arguments, **options)
        if self.step == 4 and not spoiled:
            spoiled.append(4)
            self.network.end2.bias.data[0] = float("inf")

    monkeypatch.setattr(NextSample, "optimizer_step", overflow)
    _, lines = train(folder, *EXACT, "trainer.steps=4", "name=hurt")
    (told,) = [line for line in lines if line["event"] == "rolled_back"]
    assert (told["step"], told["to"]) == (4, 3)
    last = folder.parent / "runs/hurt/checkpoints/step-0000004"
    assert torch.isfinite(state_of(last)["network"]["end2.bias"]).all()


def test_c14_without_memory_it_says_what_to_lower_and_keeps_the_steps_taken(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    training_step = NextSample.training_step

    def large(self: NextSample, batch: Any, batch_index: int) -> torch.Tensor:
        if self.step == 3:
            message = "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"
            raise RuntimeError(message)
        return training_step(self, batch, batch_index)

    monkeypatch.setattr(NextSample, "training_step", large)
    with pytest.raises(TrainingError, match=r"OUT_OF_MEMORY.*batch_size \(to 2\)"):
        train(folder, "trainer.steps=6", "name=large")
    monkeypatch.undo()
    _, lines = train(folder, "trainer.steps=6", "name=large")
    assert next(line for line in lines if line["event"] == "resumed")["step"] == 3


def refuse(monkeypatch: pytest.MonkeyPatch, times: float) -> list[float]:
    """Let the disk be full so many times; returns the pauses, which are not slept."""
    save, pauses = checkpoints.save, []

    def full(folder: Path, step: int, *arguments: Any) -> Path:
        if step == 10 and len(pauses) < times:
            raise OutputError("DISK_FULL", "the disk is full.")
        return save(folder, step, *arguments)

    monkeypatch.setattr(checkpoints, "save", full)
    monkeypatch.setattr("time.sleep", pauses.append)
    return pauses


def test_c5_on_a_full_disk_the_run_waits_and_loses_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses = refuse(monkeypatch, times=3)
    path, lines = train(folder, "trainer.steps=12", "name=full")
    failed = [line for line in lines if line["event"] == "checkpoint_failed"]
    assert [line["again_in_seconds"] for line in failed] == pauses == [1.0, 2.0, 4.0]
    assert {line["code"] for line in failed} == {"DISK_FULL"}
    names = {each.name for each in (path.parent / "checkpoints").iterdir()}
    assert names == {"step-0000000", "step-0000010", "step-0000012"}


def test_c5_a_disk_that_stays_full_ends_the_run_with_the_old_checkpoint_in_place(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses = refuse(monkeypatch, times=float("inf"))
    with pytest.raises(OutputError, match="DISK_FULL"):
        train(folder, "trainer.steps=12", "name=full", "trainer.wait_minutes=0.5")
    assert sum(pauses) == 30.0
    kept = checkpoints.latest(folder.parent / "runs/full/checkpoints", lambda _: None)
    assert kept is not None
    assert kept.step == 0


def test_old_checkpoints_that_cannot_be_removed_are_told_of_and_stay(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    discard = checkpoints._discard

    def refused(path: Path) -> None:
        if path.exists():
            raise OSError(errno.EIO, "the disk fails")
        discard(path)

    monkeypatch.setattr(checkpoints, "_discard", refused)
    words = ("trainer.checkpoint_steps=2", "trainer.keep_checkpoints=2", "trainer.steps=8")
    path, lines = train(folder, *words, "name=stays")
    failed = [line for line in lines if line["event"] == "prune_failed"]
    assert [line["step"] for line in failed] == [4, 6, 8]
    assert "the disk fails" in failed[0]["message"]
    assert len(checkpoints.steps(path.parent / "checkpoints")) == 5
