"""From a model file to an effect: its exam, its blocks, and what it refuses."""

import numpy as np
import pytest
from tiny_convnets import config, random_weights, signature

from whisperwave import modelfile, runtimes
from whisperwave.errors import EngineError
from whisperwave.runtimes.backends._convnet_oracle import ReferenceConvnet
from whisperwave.runtimes.backends.native import NativeConvnet
from whisperwave.runtimes.effect import Effect

SHAPE = config()
STYLE = np.full(4, 0.3, np.float32)


@pytest.fixture
def model(generator):
    weights, facts = random_weights(SHAPE), signature(SHAPE)
    values = generator.normal(0, 2, (80, 3)).astype(np.float32)
    asked = {"values": values, "style": STYLE, "positions": np.array([0, 1, 79], np.int32)}
    return modelfile.ModelFile(
        family="convnet",
        config=SHAPE,
        signature=facts,
        weights=weights,
        exam=modelfile.Exam(
            asked, Effect(ReferenceConvnet(SHAPE, weights), facts).answers(asked), {"float32": 1e-5}
        ),
    )


@pytest.fixture(params=[NativeConvnet, ReferenceConvnet])
def effect(request):
    return Effect(request.param(SHAPE, random_weights(SHAPE)), signature(SHAPE))


def refused(work, *arguments):
    with pytest.raises(EngineError) as refusal:
        work(*arguments)
    return refusal.value.code


@pytest.mark.parametrize("backend", ["native", "reference"])
def test_every_backend_passes_the_exam_of_a_file(model, backend, tmp_path):
    modelfile.write(tmp_path / "effect.safetensors", model)
    effect = runtimes.load_effect(tmp_path / "effect.safetensors", backend)
    assert runtimes.sit_exam(model, effect)["values"] < 1e-5


def test_an_effect_of_one_channel_sits_its_exam_too():
    shape = config(input_channels=1, output_channels=1)
    weights, facts = random_weights(shape), signature(shape)
    asked = {"values": np.ones((9, 1), np.float32), "style": STYLE}
    expected = Effect(ReferenceConvnet(shape, weights), facts).answers(asked)["values"]
    assert expected.shape == (9, 1)
    answer = Effect(NativeConvnet(shape, weights), facts).answers(asked)["values"]
    np.testing.assert_allclose(answer, expected, rtol=1e-4, atol=1e-4)


def test_a_wrong_answer_fails_the_exam(model):
    foreign = modelfile.ModelFile(**{**vars(model), "weights": random_weights(SHAPE, 1)})
    assert refused(runtimes.sit_exam, foreign, runtimes.load_effect(foreign)) == "EXAM_FAILED"


def test_an_effect_is_no_generative_model(model):
    assert refused(runtimes.load, model) == "WRONG_KIND"


@pytest.mark.parametrize("blocks", [(1,) * 60, (7, 50, 3), (0, 60)])
def test_a_cut_into_blocks_changes_nothing(effect, blocks, generator):
    audio = generator.normal(0, 1, (3, 60)).astype(np.float32)
    whole, cut = np.empty((2, 60), np.float32), []
    effect.session(STYLE).process(audio, whole)
    session = effect.session(STYLE)
    for part in np.split(audio, np.cumsum(blocks)[:-1], axis=1):
        cut.append(np.empty((2, part.shape[1]), np.float32))
        session.process(part, cut[-1])
    np.testing.assert_allclose(np.concatenate(cut, axis=1), whole, rtol=1e-6, atol=1e-6)


def test_a_long_block_is_the_same_in_short_pieces_bit_for_bit(generator):
    effect = Effect(NativeConvnet(SHAPE, random_weights(SHAPE)), signature(SHAPE))
    audio = generator.normal(0, 1, (3, 9000)).astype(np.float32)
    outs = np.empty((2, 2, 9000), np.float32)
    effect.session(STYLE).process(audio, outs[0])
    session = effect.session(STYLE)
    for start in range(0, 9000, 480):
        piece = np.empty((2, min(480, 9000 - start)), np.float32)
        session.process(audio[:, start : start + 480], piece)
        outs[1, :, start : start + 480] = piece
    np.testing.assert_array_equal(outs[0], outs[1])


def test_one_channel_is_filtered_in_place(generator):
    shape = config(input_channels=1, output_channels=1)
    effect = Effect(NativeConvnet(shape, random_weights(shape)), signature(shape))
    audio = generator.normal(0, 1, 5000).astype(np.float32)
    out = np.empty_like(audio)
    effect.session(STYLE).process(audio, out)
    effect.session(STYLE).process(audio, audio)
    np.testing.assert_array_equal(audio, out)


def test_a_session_is_steered_and_reset(effect, generator):
    audio = generator.normal(0, 1, (3, 40)).astype(np.float32)
    first, other, again = np.empty((3, 2, 40), np.float32)
    session = effect.session(STYLE)
    session.process(audio, first)
    session.reset()
    session.steer(-STYLE)
    session.process(audio, other)
    session.reset()
    session.steer(STYLE)
    session.process(audio, again)
    assert not np.allclose(other, first)
    np.testing.assert_array_equal(again, first)


def test_what_does_not_fit_is_refused_and_changes_nothing(effect, generator):
    audio = generator.normal(0, 1, (3, 20)).astype(np.float32)
    out, expected = np.empty((2, 2, 20), np.float32)
    effect.session(STYLE).process(audio, expected)
    session = effect.session(STYLE)
    strange = audio.copy()
    strange[1, 3] = np.nan
    assert refused(session.process, strange, out) == "NONFINITE"
    assert refused(session.process, audio[:2], out) == "BAD_BUFFER"
    assert refused(session.process, audio, out[:1]) == "BAD_BUFFER"
    assert refused(session.process, audio[:, :9], out) == "BAD_BUFFER"
    assert refused(session.process, audio.astype(np.int32), out) == "BAD_BUFFER"
    assert refused(session.steer, STYLE[:2]) == "BAD_STYLE"
    assert refused(session.steer, STYLE * np.nan) == "NONFINITE"
    assert refused(effect.session) == "BAD_STYLE"
    session.process(audio, out)
    np.testing.assert_array_equal(out, expected)
    session.close()
    assert refused(session.process, audio, out) == "SESSION_CLOSED"
