"""Pieces in every precision: what is played, what the recipe says, and making it again."""

from dataclasses import replace

import numpy as np
import pytest
import soundfile
from tinytag import TinyTag

from whisperwave import _engine, modelfile
from whisperwave.errors import EngineError
from whisperwave.generation import Length, Picks, Request, generate
from whisperwave.generation.evaluation import StyleEvaluation, evaluate_style
from whisperwave.generation.quantising import Quantisation, quantise


@pytest.fixture
def quantised_path(model_path, tmp_path, library):
    """The tiny model, offering all precisions."""
    path = tmp_path / "quantised.safetensors"
    quantise(Quantisation(model_path, path, seconds=0.1), library)
    return path


@pytest.fixture
def play(quantised_path, tmp_path, library):
    def build(name, **changes):
        request = Request(Picks.parse(["3", "7"]), tmp_path / name, Length(0.3), seed=1,
                          model=str(quantised_path), wide=False)  # fmt: skip
        return generate(replace(request, **changes), library)

    return build


def test_the_recipe_says_precision_and_instruction_set(play):
    for asked, played in [("auto", "int8"), ("bfloat16", "bfloat16"), ("float32", "float32")]:
        made = play("calm.flac", precision=asked)
        assert (made.recipe.precision, made.recipe.isa) == (played, _engine.instruction_sets()[-1])
        assert f"precision={played} " in TinyTag.get(made.output).comment


def test_the_precision_of_a_recipe_makes_the_same_bytes_again_on_every_instruction_set(play):
    first = play("first.wav")
    for isa in _engine.instruction_sets():
        again = play("again.wav", precision=first.recipe.precision, isa=isa)
        assert again.output.read_bytes() == first.output.read_bytes()


def test_another_precision_makes_other_samples(play):
    sounds = [soundfile.read(play(f"{p}.wav", precision=p).output)[0] for p in modelfile.PRECISIONS]
    assert not np.array_equal(sounds[0], sounds[1])
    assert not np.array_equal(sounds[0], sounds[2])


def test_a_recipe_s_precision_that_the_model_does_not_offer_is_refused_clearly(play, model_path):
    with pytest.raises(EngineError, match="does not offer int8") as caught:
        play("calm.wav", model=str(model_path), precision="int8")
    assert "quantise" in caught.value.remedy


def test_an_evaluation_says_in_which_precision_it_was_made(library, quantised_path):
    for precision, played in [("auto", "int8"), ("bfloat16", "bfloat16")]:
        request = StyleEvaluation(
            str(quantised_path), (1,), precision=precision, seconds=0.3, scored_seconds=0.1
        )
        assert evaluate_style(request, library)["protocol"]["precision"] == played
