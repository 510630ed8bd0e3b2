"""Weights stand still where they are told to, and rates and losses change at their steps."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny_runs import EXACT, assert_same, cut, make_sounds, state_of, train

from whisperwave import modelfile
from whisperwave.errors import ConfigError
from whisperwave.training.tasks.next_sample import NextSample

PHASES = "trainer.phases=[{steps: 3, freeze: ['layers.*'], rate: 0.5}, {steps: 2, loss: classes}]"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_sounds(tmp_path / "sounds")


def weights(run_folder: Path, step: int) -> dict[str, torch.Tensor]:
    network: dict[str, torch.Tensor] = state_of(run_folder / f"checkpoints/step-{step:07d}")[
        "network"
    ]
    return network


def test_t9_frozen_weights_stand_still_and_the_others_learn(folder: Path) -> None:
    path, _ = train(folder, *EXACT, "trainer.steps=4", "trainer.freeze=['layers.*', 'embedding.*']",
                    "trainer.weight_decay=0.1", "trainer.optimiser=adamw")  # fmt: skip
    before, after = weights(path.parent, 0), weights(path.parent, 4)
    moved = {name for name, weight in before.items() if not torch.equal(weight, after[name])}
    assert moved == {"skip_bias", "end1.weight", "end1.bias", "end2.weight", "end2.bias"}


def test_t9_a_phase_ends_at_its_step_and_the_next_begins(folder: Path) -> None:
    path, lines = train(
        folder, *EXACT, "trainer.steps=6", PHASES, "trainer.schedule=constant",
        "trainer.warmup_steps=1", "trainer.learning_rate=0.01",
    )  # fmt: skip
    rates = [line["learning_rate"] for line in lines if line["event"] == "step"]
    assert rates == [0.005, 0.005, 0.005, 0.01, 0.01, 0.01]
    name = "layers.1.dilated.weight"
    still, moving = (weights(path.parent, step)[name] for step in (3, 4))
    assert torch.equal(weights(path.parent, 0)[name], still)
    assert not torch.equal(still, moving)


def test_t9_a_run_cut_inside_a_phase_goes_on_in_it(folder: Path) -> None:
    words = (*EXACT, "trainer.steps=6", PHASES)
    path, _ = train(folder, *words, "name=whole")
    for step in (2, 4):
        place = cut(path.parent, step, f"cut-{step}")
        train(folder, *words, f"name=cut-{step}")
        last = "checkpoints/step-0000006"
        assert_same(state_of(path.parent / last), state_of(place / last))


def test_t9_a_run_branches_from_an_earlier_checkpoint_of_another(folder: Path) -> None:
    first, _ = train(folder, *EXACT, "trainer.steps=4", "name=first")
    start = first.parent / "checkpoints" / "step-0000002"
    branch, _ = train(folder, "trainer.steps=1", "trainer.learning_rate=1e-9", "name=branch",
                      f"warm_start={start}")  # fmt: skip
    begun = modelfile.read(start / "model.safetensors").weights
    for name, weight in modelfile.read(branch).weights.items():
        np.testing.assert_allclose(weight, begun[name], atol=1e-6, err_msg=name)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ["trainer.freeze=[layer.*]"],
            r"NOTHING_FROZEN: freeze='layer\.\*' matches no weight.*skip_bias",
        ),
        (["trainer.freeze=['*']"], "NOTHING_LEFT"),
        (["trainer.phases=[{steps: 1, freeze: [no.*]}]"], "NOTHING_FROZEN"),
        (["trainer.phases=[{steps: 0}]"], "phase.steps=0"),
        (["trainer.phases=[{loss: best}]"], "phase.loss='best'.*finest"),
    ],
)
def test_a_phase_that_could_not_be_is_refused_before_the_first_step(
    folder: Path, words: list[str], told: str
) -> None:
    with pytest.raises(ConfigError, match=told):
        train(folder, "trainer.steps=1", *words)
    assert not (folder.parent / "runs" / "my-model" / "checkpoints").exists()


def test_t5_with_patience_it_ends_after_the_best_and_the_model_file_is_the_best(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The project before this one had no validation and no rule to stop by."""
    from whisperwave.training.fitting import callbacks  # noqa: PLC0415 # whose scores are replaced

    course = iter([5.0, 4.0, 4.5, 4.4, 4.2, 3.0])

    def scores(self: Any, module: NextSample) -> dict[str, float]:
        return {"bits": next(course), "accuracy": 0.0}

    monkeypatch.setattr(callbacks.Validation, "_scores", scores)
    words = ("trainer.steps=100", "trainer.validation_steps=2", "trainer.patience=3", "name=early")
    path, lines = train(folder, *words, "trainer.keep_checkpoints=1")
    stop = next(line for line in lines if line["event"] == "early_stop")
    assert (stop["step"], stop["best_step"]) == (10, 4)
    assert modelfile.read(path).provenance["steps"] == 4
    kept = sorted(each.name for each in (path.parent / "checkpoints").iterdir())
    assert kept == ["step-0000004", "step-0000010"]
    _, lines = train(folder, *words)
    assert "step" not in {line["event"] for line in lines}  # the run has ended; nothing is trained
    best = state_of(path.parent / "checkpoints" / "step-0000010")["record"]
    assert_same(best["best_step"], 4)
