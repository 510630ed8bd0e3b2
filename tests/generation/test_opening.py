"""Openings: by picks, or by a class's name alone."""

import numpy as np
import pytest

from whisperwave.errors import ConfigError, EngineError
from whisperwave.generation import ClassName, Length, Request, generate
from whisperwave.generation.instrument import ready
from whisperwave.generation.opening import classes_of, opening_of_class


def test_a_class_is_asked_for_by_its_name(class_path):
    opening = opening_of_class(ready(class_path), "pulse")
    np.testing.assert_array_equal(opening.steering.style, [0.0, 0.0, 1.0])
    assert not opening.prime.any()


def test_a_model_says_which_classes_it_knows(class_path, model_path):
    assert classes_of(ready(class_path)) == ("hiss", "hum", "pulse")
    assert classes_of(ready(model_path)) == ()


@pytest.mark.parametrize("name", ["puls", ""])
def test_an_unknown_class_is_answered_with_the_near_ones(class_path, name):
    with pytest.raises(ConfigError) as error:
        opening_of_class(ready(class_path), name)
    assert error.value.code == "UNKNOWN_CLASS"
    assert "pulse" in error.value.remedy


def test_a_model_of_clips_knows_no_class(model_path, excitation_path):
    with pytest.raises(ConfigError) as error:
        opening_of_class(ready(model_path), "hum")
    assert error.value.code == "UNKNOWN_CLASS"
    with pytest.raises(EngineError) as refusal:
        opening_of_class(ready(excitation_path), "hum")
    assert refusal.value.code == "CLIPS_NEEDED"


def test_the_classes_of_a_model_sound_different(class_path, library, tmp_path):
    made = {}
    for name in ("hum", "hiss", "hum"):
        request = Request(
            ClassName(name), tmp_path / f"{name}.wav", Length(0.2), seed=1, model=str(class_path)
        )
        result = generate(request, library)
        assert result.recipe.picks == ({"class": name},)
        before = made.setdefault(name, result.output.read_bytes())
        assert result.output.read_bytes() == before
    assert made["hum"] != made["hiss"]
