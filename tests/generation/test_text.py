"""Models of text: what they write, from what, and what is refused."""

import json
from dataclasses import replace

import numpy as np
import pytest

from whisperwave import modelfile, runtimes
from whisperwave.cli import main
from whisperwave.errors import ConfigError, EngineError
from whisperwave.generation.instrument import ready
from whisperwave.generation.text import BLOCK, Writer
from whisperwave.modelfile import Exam
from whisperwave.modelfile.layouts.wavenet import shapes
from whisperwave.runtimes import Sampling
from whisperwave.shapes import Port

SYMBOLS = ["\n", " ", "a", "b", "é", "ß", "字", "🎵"]


@pytest.fixture(scope="module")
def text_path(tiny_model, tmp_path_factory):
    """A model of eight symbols with random weights."""
    config = dict(tiny_model.config) | {
        "classes": len(SYMBOLS), "conditioning_channels": 0, "control_channels": 0
    }  # fmt: skip
    rng = np.random.default_rng(3)
    weights = {
        name: (rng.standard_normal(shape) / np.sqrt(max(1, np.prod(shape[1:])))).astype("f4")
        for name, shape in shapes(config).items()
    }
    signature = replace(
        tiny_model.signature,
        inputs=(Port("text", 1, 1, "symbol"),),
        outputs=(Port("text", 1, 1, "symbol"),),
        sample_rate=1,
        codec={"name": "symbols", "levels": len(SYMBOLS), "symbols": SYMBOLS},
    )
    asked = {"classes": rng.integers(0, len(SYMBOLS), 100).astype("i4")}
    model = replace(
        tiny_model, config=config, signature=signature, weights=weights, style=None,
        exam=Exam(asked, {}, {"float32": 1e-4}),
    )  # fmt: skip
    answered = runtimes.load(model, "reference").answers(asked)
    path = tmp_path_factory.mktemp("text") / "text.safetensors"
    modelfile.write(path, replace(model, exam=Exam(asked, answered, {"float32": 1e-4})))
    return path


def test_it_writes_as_many_of_its_symbols_as_it_was_asked_for(text_path):
    for length in (1, BLOCK, BLOCK + 1):
        written = "".join(Writer(text_path).write(length))
        assert len(written) == length
        assert set(written) <= set(SYMBOLS)


def test_the_same_seed_writes_the_same_text_on_every_backend(text_path):
    texts = {
        "".join(Writer(text_path, backend).write(90, "ab", seed=5))
        for backend in ("native", "reference")
    }
    assert len(texts) == 1
    assert texts != {"".join(Writer(text_path).write(90, "ab", seed=6))}


def test_what_it_goes_on_from_decides_what_comes(text_path):
    writer = Writer(text_path)
    primes = ("", "a" * 40, "ß" * 40)
    assert len({"".join(writer.write(60, prime, seed=1)) for prime in primes}) == len(primes)


def test_the_likeliest_text_is_what_the_predictions_say(text_path):
    writer, prime = Writer(text_path), "ab 字"
    written = "".join(writer.write(20, prime, Sampling(temperature=0.0)))
    heard = writer.classes(prime + written)
    foretold = writer.runtime.logits(heard)[len(prime) - 1 : -1].argmax(axis=1)
    assert "".join(SYMBOLS[c] for c in foretold) == written


def test_a_symbol_that_it_never_learned_is_named(text_path):
    with pytest.raises(ConfigError, match="'z'") as caught:
        Writer(text_path).write(5, "abz")
    assert caught.value.code == "UNKNOWN_SYMBOL"


@pytest.mark.parametrize("length", [0, -1, 2**40])
def test_a_length_that_is_not_possible_is_refused(text_path, length):
    with pytest.raises(ConfigError, match=str(length)):
        Writer(text_path).write(length)


def test_a_model_of_sound_does_not_write_and_one_of_text_does_not_play(text_path, model_path):
    with pytest.raises(EngineError, match="NOT_TEXT"):
        Writer(model_path)
    with pytest.raises(EngineError, match="NOT_SOUND"):
        ready(text_path)


@pytest.mark.parametrize(
    "symbols", [None, SYMBOLS[:-1], [*SYMBOLS[:-1], "\n"], [*SYMBOLS[:-1], "ab"], "abcdefgh"]
)
def test_symbols_that_are_not_one_for_each_class_are_refused(tiny_model, text_path, symbols):
    file = modelfile.read(text_path)
    codec = dict(file.signature.codec) | {"symbols": symbols}
    with pytest.raises(EngineError, match="UNKNOWN_CODEC"):
        runtimes.load(replace(file, signature=replace(file.signature, codec=codec)))


def test_the_command_writes_text_or_json(text_path, capsys):
    words = ["generate-text", "--model", str(text_path), "--length", "30", "--seed", "1"]
    assert main(words) == 0
    plain = capsys.readouterr().out
    assert main([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["text"] + "\n" == plain
    assert told["seed"] == 1
    assert told["symbols_per_second"] > 0
