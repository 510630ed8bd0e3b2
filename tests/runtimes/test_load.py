"""From a model file to a runtime, and the exam that it carries."""

import numpy as np
import pytest
from tiny_wavenets import config, random_weights, signature

from whisperwave import modelfile, runtimes
from whisperwave.errors import ConfigError, EngineError
from whisperwave.runtimes.backends.reference import ReferenceNetwork
from whisperwave.runtimes.session import Runtime

SHAPE = config(conditioning_channels=3)


@pytest.fixture
def model(generator):
    weights, facts = random_weights(SHAPE), signature(SHAPE, 0.5)
    classes = generator.integers(0, SHAPE["classes"], 80).astype(np.int32)
    style = generator.normal(size=3).astype(np.float32)
    oracle = Runtime(ReferenceNetwork(SHAPE, weights, facts), facts)
    positions = np.array([0, 1, 78, 79], np.int32)
    return modelfile.ModelFile(
        family="wavenet",
        config=SHAPE,
        signature=facts,
        weights=weights,
        exam=modelfile.Exam(
            {"classes": classes, "style": style, "positions": positions},
            {"logits": oracle.logits(classes, oracle.guide(style))[positions]},
            {"float32": 1e-5},
        ),
        style=modelfile.StyleProjection(np.zeros(9, np.float32), np.zeros((3, 9), np.float32)),
    )


@pytest.mark.parametrize("backend", ["native", "reference"])
def test_every_backend_passes_the_exam_of_a_file(model, backend, tmp_path):
    modelfile.write(tmp_path / "model.safetensors", model)
    runtime = runtimes.load(tmp_path / "model.safetensors", backend)
    assert runtimes.sit_exam(model, runtime)["logits"] < 1e-5


def test_a_wrong_answer_fails_the_exam(model):
    other = random_weights(SHAPE, seed=1)
    foreign = modelfile.ModelFile(**{**vars(model), "weights": other})
    with pytest.raises(EngineError) as refusal:
        runtimes.sit_exam(model, runtimes.load(foreign))
    assert refusal.value.code == "EXAM_FAILED"


def test_the_same_file_plays_the_same_on_every_instruction_set(model):
    outs = []
    for isa in ("scalar", "auto"):
        outs.append(np.empty(64, np.float32))
        runtime = runtimes.load(model, isa=isa)
        runtime.session(runtime.guide(np.ones(3, np.float32)), seed=5).process(outs[-1])
    np.testing.assert_array_equal(*outs)


def test_an_unknown_backend_is_answered_with_the_known_ones(model):
    with pytest.raises(ConfigError, match="nativ") as refusal:
        runtimes.load(model, backend="nativ")
    assert "native" in refusal.value.remedy


def test_an_unknown_family_is_refused_by_name(model):
    foreign = modelfile.ModelFile(**{**vars(model), "family": "harmonium"})
    with pytest.raises(EngineError, match="harmonium"):
        runtimes.load(foreign)
