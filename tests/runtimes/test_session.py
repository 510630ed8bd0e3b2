"""What `Runtime` and `Session` promise whatever the backend."""

import numpy as np
import pytest
from tiny_wavenets import TINY, config, random_weights, signature

from whisperwave.errors import EngineError
from whisperwave.runtimes.backends.native import NativeNetwork
from whisperwave.runtimes.backends.reference import ReferenceNetwork
from whisperwave.runtimes.session import Runtime


@pytest.fixture(params=[NativeNetwork, ReferenceNetwork])
def player(request):
    shape = config(conditioning_channels=3)
    facts = signature(shape)
    return Runtime(request.param(shape, random_weights(shape), facts), facts)


@pytest.fixture
def style(generator):
    return generator.normal(size=3).astype(np.float32)


def test_reset_plays_the_same_again(player, style):
    session = player.session(player.guide(style))
    first, second = np.empty((2, 64), np.float32)
    session.process(first)
    session.reset()
    session.process(second)
    np.testing.assert_array_equal(first, second)


def test_a_closed_session_refuses_every_call_and_closes_again(player, style):
    session = player.session(player.guide(style))
    session.close()
    session.close()
    for call in (lambda: session.process(np.empty(1, np.float32)), session.reset):
        with pytest.raises(EngineError) as refusal:
            call()
        assert refusal.value.code == "SESSION_CLOSED"


def test_an_empty_prime_and_an_empty_block_change_nothing(player, style):
    plain, touched = np.empty((2, 32), np.float32)
    player.session(player.guide(style)).process(plain)
    session = player.session(player.guide(style))
    session.prime(np.empty(0, np.float32))
    session.process(np.empty(0, np.float32))
    session.process(touched)
    np.testing.assert_array_equal(plain, touched)


def test_style_steers(player, style):
    classes = np.arange(20)
    assert (
        player.logits(classes, player.guide(style)) != player.logits(classes, player.guide(-style))
    ).any()


def test_no_samples_have_no_logits(player, style):
    assert player.logits(np.empty(0, np.int64), player.guide(style)).shape == (0, TINY["classes"])


@pytest.mark.parametrize("wrong", [None, np.zeros(2), np.zeros((1, 3)), np.zeros(4)])
def test_a_style_of_another_size_is_refused(player, wrong):
    with pytest.raises(EngineError, match="takes 3") as refusal:
        player.guide(wrong)
    assert refusal.value.code == "BAD_STYLE"


def test_a_style_that_is_not_finite_is_refused(player):
    with pytest.raises(EngineError) as refusal:
        player.guide(np.array([0.0, np.nan, 0.0]))
    assert refusal.value.code == "NONFINITE"


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_prime_that_is_not_finite_is_refused(player, style, bad):
    with pytest.raises(EngineError) as refusal:
        player.session(player.guide(style)).prime(np.array([0.0, bad], np.float32))
    assert refusal.value.code == "NONFINITE"


@pytest.mark.parametrize("audio", [np.zeros((2, 9), np.float32), np.zeros(9, np.int16)])
def test_a_prime_of_another_kind_is_refused(player, style, audio):
    with pytest.raises(EngineError) as refusal:
        player.session(player.guide(style)).prime(audio)
    assert refusal.value.code == "BAD_BUFFER"


def read_only():
    out = np.zeros(8, np.float32)
    out.flags.writeable = False
    return out


@pytest.mark.parametrize(
    "out",
    [
        np.zeros(8),
        np.zeros((1, 8), np.float32),
        np.zeros(16, np.float32)[::2],
        np.zeros(33, np.uint8)[1:].view(np.float32),
        read_only(),
    ],
    ids=["float64", "two dimensions", "strided", "misaligned", "read-only"],
)
def test_an_output_that_cannot_be_written_in_place_is_refused(player, style, out):
    with pytest.raises(EngineError) as refusal:
        player.session(player.guide(style)).process(out)
    assert refusal.value.code == "BAD_BUFFER"


@pytest.mark.parametrize(
    "classes", [np.array([0, 32]), np.array([-1]), np.zeros(3), np.zeros((1, 1), int)]
)
def test_classes_that_do_not_exist_are_refused(player, style, classes):
    with pytest.raises(EngineError) as refusal:
        player.logits(classes, player.guide(style))
    assert refusal.value.code == "BAD_CLASS"


def test_more_logits_than_memory_allows_are_refused_before_allocation(player, style):
    endless = np.broadcast_to(np.int32(0), (2**31,))
    with pytest.raises(EngineError) as refusal:
        player.logits(endless, player.guide(style))
    assert refusal.value.code == "TOO_LARGE"


@pytest.mark.parametrize("numbers", [{"seed": -1}, {"seed": 2**64}, {"stream": 2**64}])
def test_a_seed_beyond_64_bits_is_refused(player, style, numbers):
    with pytest.raises(EngineError) as refusal:
        player.session(player.guide(style), **numbers)
    assert refusal.value.code == "BAD_SEED"


def test_the_largest_seed_and_stream_play(player, style):
    out = np.empty(8, np.float32)
    player.session(player.guide(style), seed=2**64 - 1, stream=2**64 - 1).process(out)
    assert np.isfinite(out).all()


def test_priming_after_playing_goes_on_from_both(player, style, generator):
    audio = generator.uniform(-0.5, 0.5, 30).astype(np.float32)
    outs = np.empty((2, 40), np.float32)
    for out, cuts in zip(outs, [(30,), (11, 19)], strict=True):
        session = player.session(player.guide(style))
        session.process(np.empty(10, np.float32))
        for part in np.split(audio, np.cumsum(cuts)[:-1]):
            session.prime(part)
        session.process(out)
    np.testing.assert_array_equal(outs[0], outs[1])


def test_following_guides_in_turn_is_being_told_one_whole(generator):
    shape = config(control_channels=2, hop_length=8)
    facts = signature(shape)
    player = Runtime(NativeNetwork(shape, random_weights(shape), facts), facts)
    controls = generator.normal(size=(2, 12)).astype(np.float32)
    whole, spans = np.empty((2, 96), np.float32)
    player.session(player.guide(controls=controls)).process(whole)
    session = player.session(player.guide(controls=controls[:, :4]))
    for first, size in ((0, 32), (4, 24), (7, 40)):
        session.follow(player.guide(controls=controls[:, first : first + 5]))
        session.process(spans[first * 8 : first * 8 + size])
    np.testing.assert_array_equal(spans, whole)
    session.reset()
    session.process(spans[:32])
    np.testing.assert_array_equal(spans[:32], whole[:32])
