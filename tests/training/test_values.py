"""Networks of values, from a folder of sounds to a model file that sits its exam."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from whisperwave import modelfile, runtimes
from whisperwave.dsp.companding import mulaw_decode
from whisperwave.errors import ConfigError
from whisperwave.training import run
from whisperwave.training.artefacts.export import describe
from whisperwave.training.learning.autoregressive import NextSample, scores
from whisperwave.training.material.preparation import Prepared, build_network, prepare
from whisperwave.training.settings.hydra_app import compose
from whisperwave.training.settings.run import RunSettings

TINY = [
    "model.layers_per_block=4",
    "model.blocks=1",
    "model.residual_channels=8",
    "model.dilation_channels=8",
    "model.skip_channels=16",
    "model.end_channels=16",
    "model.conditioning_channels=4",
    "model.control_channels=6",
    "model.hop_length=40",
    "data.crop=256",
    "data.prediction_order=16",
    "data.style_seconds=0.5",
    "trainer.batch_size=4",
    "trainer.threads=1",
    "trainer.report_steps=10",
    "trainer.validation_steps=20",
    "trainer.validation_crops=4",
    "trainer.preview_seconds=0",
    "trainer.checkpoint_steps=40",
    "trainer.warmup_steps=5",
    "trainer.learning_rate=0.01",
]
VALUES = ["model.classes=0", "model.scalar_input=1"]
HEADS = ["model.logistics=3", "model.gaussians=1"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    draw = np.random.default_rng(0)
    for number in range(3):
        for group, pole in (("hiss", 0.0), ("rumble", 0.9)):
            audio = 0.1 * draw.standard_normal(16000)
            for n in range(1, 16000):
                audio[n] += pole * audio[n - 1]
            (tmp_path / "sounds" / group).mkdir(parents=True, exist_ok=True)
            soundfile.write(tmp_path / "sounds" / group / f"{number}.wav", 0.3 * audio, 16000)
    return tmp_path / "sounds"


def train(folder: Path, *overrides: str) -> tuple[Path, list[dict[str, Any]]]:
    lines: list[dict[str, Any]] = []
    place = f"folder={folder.parent / 'runs'}"
    return run(folder, [*TINY, place, *overrides], lines.append), lines


def settings(*overrides: str) -> RunSettings:
    return RunSettings.from_mapping(compose([*TINY, *VALUES, *overrides]))


def validation_bits(lines: list[dict[str, Any]]) -> list[float]:
    return [line["validation_bits"] for line in lines if line["event"] == "validation"]


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("form", [(), ("data.prediction_order=0", "model.initial_kernel_size=3")])
def test_training_lowers_the_bits_and_the_oracle_sits_the_exam(
    folder: Path, head: str, form: tuple[str, ...]
) -> None:
    early = "trainer.validation_steps=2"
    path, lines = train(folder, "trainer.steps=60", early, *VALUES, head, *form)
    found = validation_bits(lines)
    assert found[-1] < found[0] - 0.05
    model = modelfile.read(path)
    assert model.exam.inputs["values"].shape == (model.signature.receptive_field + 48, 1)
    runtime = runtimes.load(model, "reference")
    assert runtimes.sit_exam(model, runtime)["logits"] < 1e-5


def test_white_excitations_cost_what_a_gaussian_of_their_size_must(folder: Path) -> None:
    """Noise through any filter leaves nothing to learn but its size, so the bits are known."""
    path, lines = train(folder, "trainer.steps=200", "trainer.validation_steps=200", *VALUES,
                        "model.gaussians=1", "data.control_dropout=0")  # fmt: skip
    assert path.is_file()
    spread = np.random.default_rng(1).standard_normal(100_000) / 16.0
    widths = np.gradient(mulaw_decode(np.arange(256)).astype(np.float64))
    classes = np.searchsorted(mulaw_decode(np.arange(256)), spread)
    log_density = -0.5 * (16.0 * spread) ** 2 - 0.5 * np.log(2 * np.pi) + np.log(16.0)
    entropy = -np.mean(log_density + np.log(widths[np.minimum(classes, 255)])) / np.log(2.0)
    assert validation_bits(lines)[-1] == pytest.approx(entropy, abs=0.15)


def test_a_network_of_classes_is_a_warm_start_for_one_of_values(folder: Path) -> None:
    first, _ = train(folder, "trainer.steps=40", "name=first", "model.classes=64")
    path, lines = train(
        folder, "trainer.steps=1", "trainer.learning_rate=1e-9", "name=second",
        f"warm_start={first}", *VALUES, "model.logistics=2",
    )  # fmt: skip
    fresh = next(line["fresh"] for line in lines if line["event"] == "warm_start")
    names = {"embedding.weight", "embedding.bias", "end2.weight", "end2.bias"}
    assert set(fresh) == names
    before, after = modelfile.read(first).weights, modelfile.read(path).weights
    for name in set(after) - names:
        np.testing.assert_allclose(after[name], before[name], atol=1e-6, err_msg=name)
    # The newest-class channel of the table is the amplitude itself: its line has kept the slope.
    slope = np.polyfit(mulaw_decode(np.arange(64)), before["embedding.weight"][:, 0], 1)[0]
    assert after["embedding.weight"][0, 0] == pytest.approx(slope, rel=0.3)


def test_a_run_cut_in_two_ends_with_the_weights_of_a_whole_one(folder: Path) -> None:
    head = (*VALUES, "model.logistics=2", "trainer.checkpoint_steps=5")
    train(folder, "trainer.steps=10", "name=whole", *head)
    train(folder, "trainer.steps=5", "name=cut", *head)
    runs = folder.parent / "runs"
    cut = torch.load(runs / "cut" / "checkpoints" / "step-0000005" / "state.pt", weights_only=True)
    network = build_network(settings("model.logistics=2"))
    network.load_state_dict(cut["network"])
    for name, weight in network.state_dict().items():
        assert torch.equal(weight, cut["network"][name]), name


def several(folder: Path, channels: int) -> tuple[NextSample, Prepared]:
    """A network of several channels and what it learns: a sound, and the same a sample later."""
    mono = settings("data.prediction_order=0", "model.logistics=2")
    chosen = settings("data.prediction_order=0", "model.logistics=2", f"model.channels={channels}")
    _, prepared = prepare(folder, mono)
    torch.manual_seed(0)
    network = build_network(chosen)
    samples = {
        excerpt: np.concatenate([np.roll(values, c, axis=0) for c in range(channels)], axis=1)
        for excerpt, values in prepared.samples.items()
    }
    signature = network.signature(16000, 0.0, 0)  # type: ignore[operator] # every family's method
    prepared = replace(prepared, settings=chosen, signature=signature, samples=samples)
    return NextSample(network, chosen.trainer), prepared


@pytest.mark.parametrize("channels", [2, 3])
def test_several_channels_learn_from_each_other_and_are_exported(
    folder: Path, channels: int, tmp_path: Path
) -> None:
    module, prepared = several(folder, channels)
    optimiser = torch.optim.Adam(module.network.parameters(), lr=0.02)
    crops = prepared.crops("train", range(640), 0)
    seen = []
    for step in range(160):
        crop = [crops[4 * step + place] for place in range(4)]
        batch = {name: torch.from_numpy(np.stack([c[name] for c in crop])) for name in crop[0]}
        optimiser.zero_grad()
        module.network.head.loss(  # type: ignore[operator, union-attr] # a head's method
            module.network.predict(batch["samples"], batch["style"], batch["controls"]),  # type: ignore[operator] # every family's method
            batch["targets"],
        ).backward()
        optimiser.step()
        with torch.no_grad():
            seen.append(scores(module.network, batch)["bits"].item())
    # All channels but the first repeat what the one before them was a sample ago.
    assert np.mean(seen[-10:]) < np.mean(seen[:10]) - 1.0
    path = tmp_path / "several.safetensors"
    modelfile.write(path, describe(module.network, prepared, {"steps": 160, "seconds": 0}))
    model = modelfile.read(path)
    assert model.signature.outputs[0].channels == channels
    assert model.exam.inputs["values"].shape[1] == channels
    assert runtimes.sit_exam(model, runtimes.load(model, "reference"))["logits"] < 1e-5


def test_several_channels_are_not_made_of_one(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"model.channels=2, but the sounds have 1"):
        train(folder, *VALUES, "model.logistics=2", "model.channels=2", "data.prediction_order=0")
