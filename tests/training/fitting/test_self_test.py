"""One clip, and the memory of a step: what is known of a run before its first step."""

from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_runs import TINY, make_sounds, train

from whisperwave.errors import TrainingError
from whisperwave.training.fitting import memory_estimate
from whisperwave.training.fitting.memory_estimate import Estimate, estimate
from whisperwave.training.fitting.overfitting import entropy
from whisperwave.training.material.feeding import Feed
from whisperwave.training.material.preparation import prepare
from whisperwave.training.processes import accelerators
from whisperwave.training.settings.hydra_app import compose
from whisperwave.training.settings.run import RunSettings
from whisperwave.training.tasks.next_sample import NextSample


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_sounds(tmp_path / "sounds")


ONE_CLIP = ("debug=overfit", "trainer.batch_size=1", "trainer.learning_rate=0.03")


def test_a_network_that_can_learn_knows_one_clip_by_heart(folder: Path) -> None:
    path, lines = train(folder, *ONE_CLIP, "trainer.steps=300", "trainer.report_steps=50")
    found = next(line for line in lines if line["event"] == "overfit")
    assert path is None
    assert found["learns"]
    assert found["bits_after"] < 0.5 * found["histogram_bits"]
    assert not (folder.parent / "runs/my-model/checkpoints").exists()


def test_a_network_that_cannot_learn_is_told_so(folder: Path) -> None:
    with pytest.raises(TrainingError, match=r"CANNOT_LEARN.*histogram alone needs"):
        train(folder, *ONE_CLIP, "trainer.steps=20", "trainer.learning_rate=1e-6")


def test_the_histogram_of_a_clip_needs_its_entropy() -> None:
    assert entropy(np.array([0, 1, 2, 3] * 5)) == 2.0
    assert entropy(np.zeros(9, np.int64)) == 0.0


def module_and_crop(folder: Path) -> tuple[NextSample, dict[str, torch.Tensor]]:
    settings = RunSettings.from_mapping(compose(TINY))
    network, prepared = prepare(folder, settings)
    (crop,) = Feed(prepared.crops("train", range(1), 0), 1, 0, lambda _: None)
    return NextSample(network, settings.trainer), crop


def test_the_memory_of_a_step_is_counted_and_grows_with_the_batch(folder: Path) -> None:
    module, crop = module_and_crop(folder)
    needed = estimate(module, crop)
    weights = 4 * sum(p.numel() for p in module.network.parameters())
    assert needed.fixed == 8 * weights
    # The skip outputs, layer by layer, are the least that has to be kept of a crop.
    assert needed.per_crop > 4 * 256 * 16
    assert needed.of(8) - needed.of(4) == 4 * needed.per_crop
    large = {name: values.repeat(3, *[1] * (values.dim() - 1)) for name, values in crop.items()}
    assert estimate(module, large).per_crop == pytest.approx(3 * needed.per_crop, rel=0.02)


def test_a_step_that_will_not_fit_is_refused_with_the_batch_that_would() -> None:
    needed = Estimate(fixed=100 << 20, per_crop=50 << 20)
    memory_estimate.check(needed, 8, 500 << 20)
    memory_estimate.check(needed, 8, None)
    with pytest.raises(TrainingError, match=r"OUT_OF_MEMORY.*500 MB; 320 MB.*batch_size=4,"):
        memory_estimate.check(needed, 8, 320 << 20)
    with pytest.raises(TrainingError, match=r"smaller data\.crop or model"):
        memory_estimate.check(needed, 8, 120 << 20)


def test_a_run_is_refused_before_its_first_step_unless_a_person_knows_better(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_estimate, "available", lambda _: 1 << 10)
    with pytest.raises(TrainingError, match="OUT_OF_MEMORY"):
        train(folder, "trainer.steps=1")
    path, lines = train(folder, "trainer.steps=1", "trainer.check_memory=false")
    assert path.is_file()
    assert any(line["event"] == "memory" for line in lines)


def test_this_machine_says_how_much_memory_is_free() -> None:
    free = memory_estimate.available("cpu")
    assert free is None or free > 1 << 20


def test_t10_an_accelerator_that_is_not_there_is_replaced_with_a_word(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert accelerators.choose("auto") == ("cpu", "")
    _, lines = train(folder, "trainer.steps=1", "accelerator=cuda")
    told = next(line for line in lines if line["event"] == "fallback")
    assert (told["accelerator"], "cuda" in told["reason"]) == ("cpu", True)


def test_t10_auto_takes_the_fastest_that_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert accelerators.choose("auto") == ("cuda", "")
    assert accelerators.choose("cpu") == ("cpu", "")
