"""What a model is told, cut at the frames, and refused where it does not fit."""

import numpy as np
import pytest
from tiny_wavenets import config, random_weights, signature

from whisperwave.errors import EngineError
from whisperwave.runtimes.backends.native import NativeNetwork
from whisperwave.runtimes.backends.reference import ReferenceNetwork
from whisperwave.runtimes.guide import Guide
from whisperwave.runtimes.session import Runtime

SHAPE = config(conditioning_channels=2, control_channels=3, hop_length=10)
STYLE = np.array([1, 2], np.float32)
FRAMES = np.arange(12, dtype=np.float32).reshape(3, 4)


@pytest.fixture(params=[NativeNetwork, ReferenceNetwork])
def player(request):
    facts = signature(SHAPE)
    return Runtime(request.param(SHAPE, random_weights(SHAPE), facts), facts)


def cut(guide, *where):
    return [
        (part.start, part.stop, None if condition is None else condition.tolist())
        for part, condition in guide.cut(*where)
    ]


def test_a_guide_is_cut_where_its_frames_change():
    guide = Guide(signature(SHAPE), STYLE, FRAMES)
    assert cut(guide, 8, 10, 6) == [
        (0, 2, [1, 2, 0, 4, 8]), (2, 8, [1, 2, 1, 5, 9]), (8, 10, None),
    ]  # fmt: skip


def test_a_guide_without_controls_tells_zeros_and_never_ends():
    guide = Guide(signature(SHAPE), STYLE)
    assert cut(guide, 10**9, 25, 20) == [(0, 20, [1, 2, 0, 0, 0]), (20, 25, None)]


def test_beyond_the_last_frame_there_is_nothing_to_be_told():
    guide = Guide(signature(SHAPE), STYLE, FRAMES)
    assert cut(guide, 0, 40, 100)[-1][1] == 40
    with pytest.raises(EngineError) as refusal:
        cut(guide, 0, 41, 100)
    assert refusal.value.code == "CONTROLS_ENDED"


@pytest.mark.parametrize("wrong", [np.zeros(3), np.zeros((2, 4)), np.zeros((3, 4, 1))])
def test_controls_of_another_shape_are_refused(wrong):
    with pytest.raises(EngineError, match="takes 3") as refusal:
        Guide(signature(SHAPE), STYLE, wrong)
    assert refusal.value.code == "BAD_CONTROLS"


def test_controls_for_a_model_without_are_refused():
    with pytest.raises(EngineError) as refusal:
        Guide(signature(config()), None, FRAMES)
    assert refusal.value.code == "BAD_CONTROLS"


def test_controls_that_are_not_finite_are_refused():
    with pytest.raises(EngineError) as refusal:
        Guide(signature(SHAPE), STYLE, np.full((3, 4), np.nan))
    assert refusal.value.code == "NONFINITE"


def test_a_frame_counts_from_its_first_sample_on(player, generator):
    """The prediction of sample n hears frame n // hop, and no later one."""
    classes = generator.integers(0, SHAPE["classes"], 35)
    other = FRAMES.copy()
    other[:, 2] += 1
    plain, changed = (player.logits(classes, player.guide(STYLE, f)) for f in (FRAMES, other))
    different = np.flatnonzero((plain != changed).any(axis=1))
    assert different[0] == 19  # row 19 predicts sample 20, the first of frame 2


def test_a_frame_of_zeros_is_what_no_controls_mean(player):
    outs = np.empty((2, 40), np.float32)
    player.session(player.guide(STYLE)).process(outs[0])
    player.session(player.guide(STYLE, np.zeros((3, 4), np.float32))).process(outs[1])
    np.testing.assert_array_equal(*outs)


def test_a_prime_follows_a_guide_of_its_own(player, generator):
    audio = generator.uniform(-0.5, 0.5, 30).astype(np.float32)
    outs = np.empty((3, 40), np.float32)
    for out, guide in zip(outs, [None, Guide(player.signature, STYLE, FRAMES), None], strict=True):
        session = player.session(player.guide(STYLE, FRAMES))
        session.prime(audio, guide)
        session.process(out)
    np.testing.assert_array_equal(outs[0], outs[2])
    assert (outs[0] != outs[1]).any()


def test_reset_goes_back_to_the_first_frame(player):
    session = player.session(player.guide(STYLE, FRAMES))
    first, second = np.empty((2, 25), np.float32)
    session.process(first)
    session.reset()
    session.process(second)
    np.testing.assert_array_equal(first, second)
