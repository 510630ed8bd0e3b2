"""How many numbers a style has: as many as there are classes, whoever counts them."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from tiny_runs import TINY, make_sounds, train

from whisperwave import modelfile
from whisperwave.errors import ConfigError, TrainingError
from whisperwave.training import run
from whisperwave.training.settings.hydra_app import CONF, compose

CLASSES = "data.style=classes"
OPEN, TWO = "model.conditioning_channels=null", "model.conditioning_channels=2"
PRESETS = [path.stem for path in (CONF / "model" / "wavenet").glob("*.yaml")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_sounds(tmp_path / "sounds")


def test_a_network_for_classes_is_the_one_that_was_counted_by_hand(folder: Path) -> None:
    counted, _ = train(folder, "trainer.steps=3", CLASSES, OPEN, "name=counted")
    given, _ = train(folder, "trainer.steps=3", CLASSES, TWO, "name=given")
    ours, theirs = modelfile.read(counted), modelfile.read(given)
    assert ours.config == theirs.config
    assert ours.config["conditioning_channels"] == 2
    for name, weight in theirs.weights.items():
        np.testing.assert_array_equal(ours.weights[name], weight)


def test_every_preset_that_is_told_a_style_leaves_it_to_the_sounds() -> None:
    asked = {name: compose([f"model=wavenet/{name}"])["model"] for name in PRESETS}
    counted = {name for name, model in asked.items() if model["conditioning_channels"] is None}
    assert counted == {"asmr", "calm", "fine", "genre"}
    assert {asked[name]["conditioning_channels"] for name in asked.keys() - counted} == {0}


def test_a_texture_that_nobody_has_sized_has_thirty_two_numbers_or_those_of_the_start(
    folder: Path,
) -> None:
    path, _ = train(folder, "trainer.steps=1", OPEN, "name=texture")
    assert modelfile.read(path).config["conditioning_channels"] == 32
    few, _ = train(folder, "trainer.steps=1", "name=few")
    start = f"warm_start={few}"
    path, _ = train(folder, "trainer.steps=1", OPEN, start, "name=warm")
    assert modelfile.read(path).config["conditioning_channels"] == 4
    with pytest.raises(ConfigError, match=r"conditioning_channels=7.* has 4.*=null"):
        train(folder, "model.conditioning_channels=7", start, "name=other")


@pytest.mark.parametrize("style", [CLASSES, "data.style=texture"])
@pytest.mark.parametrize(("first", "then"), [(TWO, OPEN), (OPEN, TWO)])
def test_a_run_goes_on_whether_its_number_is_named_or_not(
    folder: Path, style: str, first: str, then: str
) -> None:
    """Runs of before the sounds could tell have a number of their own in their settings."""
    begun = first if style == CLASSES else TWO
    path, _ = train(folder, "trainer.steps=2", style, begun, "name=on")
    path.unlink()
    _, lines = train(folder, "trainer.steps=3", style, then, "name=on")
    assert [line["step"] for line in lines if line["event"] == "resumed"] == [2]
    assert modelfile.read(path).config["conditioning_channels"] == 2


def test_one_more_class_is_other_sounds_and_then_another_network(folder: Path) -> None:
    words = ("trainer.steps=2", CLASSES, OPEN, "name=more")
    train(folder, *words)
    shutil.copytree(folder / "hiss", folder / "rain")
    with pytest.raises(TrainingError, match="DATA_CHANGED"):
        train(folder, *words)
    with pytest.raises(TrainingError, match=r"NETWORK_CHANGED.*\(16, 8\), and is \(16, 9\)"):
        train(folder, *words, accept_changed_data=True)


def test_a_text_is_told_no_style_by_a_network_that_leaves_it_open(tmp_path: Path) -> None:
    (tmp_path / "book.txt").write_text("abc " * 2_000)
    path = run(
        tmp_path / "book.txt",
        [*TINY, "task=next_symbol", OPEN, "model.control_channels=0", "trainer.steps=1",
         f"folder={tmp_path}"],
        lambda _: None,
    )  # fmt: skip
    assert path is not None
    assert modelfile.read(path).config["conditioning_channels"] == 0
