"""A text trains a model that writes: symbols in place of samples, end to end."""

import json

import pytest
from tiny_runs import TINY

from whisperwave import modelfile
from whisperwave.errors import ConfigError
from whisperwave.generation.text import Writer
from whisperwave.runtimes import Sampling
from whisperwave.training import run

LINE = "the rain in spain falls on the plain\n"
OVERRIDES = [
    "model=wavenet/text", "task=next_symbol", "name=rain",
    *(o for o in TINY if not o.startswith(("model.c", "model.h", "data."))),
    "data.crop=64", "trainer.steps=60", "trainer.learning_rate=0.02", "trainer.ema_decay=0.9",
    "trainer.preview_seconds=1",
]  # fmt: skip


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The model file of one short run, and the events it told."""
    folder = tmp_path_factory.mktemp("text")
    (folder / "book.txt").write_text(LINE * 120, encoding="utf-8")
    told = []
    path = run(folder / "book.txt", [*OVERRIDES, f"folder={folder}"], told.append)
    return path, told


def test_it_says_how_long_the_text_is_and_what_counting_alone_would_cost(trained):
    (prepared,) = [event for event in trained[1] if event["event"] == "prepared"]
    length = len(LINE) * 120
    assert prepared["symbols"] == len(set(LINE))
    assert prepared["train_symbols"] + prepared["validation_symbols"] == length
    assert prepared["baseline_order"] == 5
    assert 0 < prepared["baseline_bits"] < 1


def test_it_learns_to_foretell_a_text_that_repeats(trained):
    bits = [e["validation_bits"] for e in trained[1] if e["event"] == "validation"]
    assert bits[-1] < 0.5 * bits[0]


def test_nothing_is_to_be_listened_to_but_curves_are_drawn(trained):
    path, told = trained
    assert "preview" not in {event["event"] for event in told}
    assert not (path.parent / "previews").exists()
    assert (path.parent / "report" / "loss.png").exists()


def test_the_model_file_writes_and_knows_its_symbols(trained):
    writer = Writer(trained[0])
    assert set(writer.symbols) == set(LINE)
    assert writer.symbols[0] == "\n"
    written = "".join(writer.write(20, LINE[:20], Sampling(temperature=0.0)))
    assert set(written) <= set(LINE)


def test_the_model_file_tells_of_symbols_not_of_minutes(trained):
    file = modelfile.read(trained[0])
    assert file.statistics["train_symbols"] > file.statistics["validation_symbols"] > 0
    assert file.catalogue == []
    assert "minutes" not in json.dumps(file.statistics)


@pytest.mark.parametrize("model", ["wavenet", "wavenet/fine"])
def test_a_model_that_is_told_something_does_not_suit_a_text(tmp_path, model):
    (tmp_path / "book.txt").write_text(LINE * 9, encoding="utf-8")
    words = ["task=next_symbol", f"model={model}", f"folder={tmp_path}"]
    with pytest.raises(ConfigError, match="wavenet/text"):
        run(tmp_path / "book.txt", words, lambda _: None)
