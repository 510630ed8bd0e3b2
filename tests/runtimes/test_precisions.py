"""Which precision is played: what was asked for, if the file offers it."""

from dataclasses import replace

import numpy as np
import pytest
from tiny_wavenets import TINY, random_weights, signature

from whisperwave import runtimes
from whisperwave.cli.speech import precision_option
from whisperwave.errors import EngineError
from whisperwave.modelfile import PRECISIONS, Cost, Exam, ModelFile
from whisperwave.runtimes.calibration import calibrations


@pytest.fixture
def plain():
    return ModelFile("wavenet", TINY, signature(TINY), random_weights(TINY), Exam({}, {}, {}))


@pytest.fixture
def quantised(plain, generator):
    heard = generator.integers(0, TINY["classes"], 300).astype(np.int32)
    guide = runtimes.load(plain).guide()
    little = Cost(4.0, 4.01, clips=1, samples=300)
    return replace(
        plain,
        calibration=calibrations(plain, [(heard, guide)])[0],
        precisions={"bfloat16": little, "int8": little},
    )


@pytest.mark.parametrize("precision", PRECISIONS)
def test_what_is_offered_is_played(quantised, precision):
    assert runtimes.load(quantised, precision=precision).precision == precision


def test_float32_is_played_unless_another_is_asked_for(quantised):
    assert runtimes.load(quantised).precision == "float32"


def test_auto_takes_int8_where_it_costs_next_to_nothing(plain, quantised):
    dear = {"int8": Cost(4.0, 4.02, clips=1, samples=300)}
    assert runtimes.load(quantised, precision="auto").precision == "int8"
    assert runtimes.load(plain, precision="auto").precision == "float32"
    costly = replace(quantised, precisions=dear)
    assert runtimes.load(costly, precision="auto").precision == "float32"
    assert runtimes.load(costly, precision="int8").precision == "int8"


def test_auto_on_a_runtime_that_does_not_round_is_float32(quantised):
    assert runtimes.load(quantised, "reference", precision="auto").precision == "float32"


@pytest.mark.parametrize("precision", ["bfloat16", "int8"])
def test_what_the_file_does_not_offer_is_refused_with_what_to_do(plain, precision):
    with pytest.raises(EngineError, match=rf"does not offer {precision}.*only float32") as caught:
        runtimes.load(plain, precision=precision)
    assert caught.value.code == "NO_PRECISION"
    assert "whisperwave quantise" in caught.value.remedy


@pytest.mark.parametrize(("backend", "precision"), [("native", "int4"), ("reference", "int8")])
def test_what_a_runtime_cannot_compute_in_is_refused(quantised, backend, precision):
    with pytest.raises(EngineError, match=f"cannot compute in '{precision}'") as caught:
        runtimes.load(quantised, backend, precision=precision)
    assert "float32" in caught.value.remedy


def test_the_precisions_sound_different_but_not_by_much(quantised, generator):
    heard = generator.integers(0, TINY["classes"], 100)
    answers = [runtimes.load(quantised, precision=p).logits(heard) for p in PRECISIONS]
    for other in answers[1:]:
        error = np.linalg.norm(other - answers[0]) / np.linalg.norm(answers[0])
        assert 0 < error < 0.1


def test_the_command_line_knows_every_precision():
    option = precision_option(lambda: None).__click_params__[0]
    assert tuple(option.type.choices) == ("auto", *PRECISIONS)
