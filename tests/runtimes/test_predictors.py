"""Models of excitations: what the network plays is filtered by what the guide says."""

import numpy as np
import pytest
from tiny_wavenets import config, random_weights, signature

from whisperwave._engine import AllPole
from whisperwave.dsp.prediction import autocorrelation, excitation
from whisperwave.errors import EngineError
from whisperwave.runtimes.backends.native import NativeNetwork
from whisperwave.runtimes.backends.reference import ReferenceNetwork
from whisperwave.runtimes.predictors import Predictors
from whisperwave.runtimes.session import Runtime

ORDER, HOP = 12, 40
SHAPE = config(classes=256, control_channels=3, hop_length=HOP)


@pytest.fixture(params=[NativeNetwork, ReferenceNetwork])
def player(request):
    facts = signature(SHAPE, order=ORDER)
    return Runtime(request.param(SHAPE, random_weights(SHAPE), facts), facts)


@pytest.fixture
def sound(generator):
    return (0.1 * np.cumsum(generator.normal(0, 0.2, 1_000))).astype(np.float32)


@pytest.fixture
def lags(sound):
    return autocorrelation(sound, 16_000, ORDER, HOP)


def played(session, *blocks):
    outs = [np.empty(block, np.float32) for block in blocks]
    for out in outs:
        session.process(out)
    return np.concatenate(outs)


@pytest.mark.parametrize("blocks", [(600,), (1, 39, 41, 519), (160,) * 3 + (120,)])
def test_every_cut_gives_the_same_bits(player, lags, blocks):
    whole = played(player.session(player.guide(lags=lags), seed=3), 600)
    np.testing.assert_array_equal(
        played(player.session(player.guide(lags=lags), seed=3), *blocks), whole
    )


def test_what_is_played_is_the_filtered_excitation_of_the_network(player, lags):
    """Filtering backwards finds excitations, and every one is the value of a class."""
    audio = played(player.session(player.guide(lags=lags), seed=3), 600)
    driving = excitation(audio, lags, HOP, np.zeros(ORDER))
    again = player.filtered(driving, lags)
    assert again == pytest.approx(audio, rel=1e-3, abs=1e-6)


def test_both_backends_filter_alike(lags, generator):
    driving = generator.standard_normal(600).astype(np.float32)
    facts = signature(SHAPE, order=ORDER)
    native, oracle = (
        Runtime(network(SHAPE, random_weights(SHAPE), facts), facts).filtered(driving, lags)
        for network in (NativeNetwork, ReferenceNetwork)
    )
    assert native == pytest.approx(oracle, rel=1e-5, abs=1e-7)


def test_a_prime_rings_on(player, sound, lags):
    """The first sample differs by what the filter foretells of it from the prime."""
    guide = player.guide(lags=lags)
    fresh, primed = (player.session(guide, seed=1) for _ in range(2))
    primed.prime(sound, player.guide(lags=lags))
    coefficients, size = Predictors.of(player.signature, lags).at(0)
    rung = float(coefficients @ sound[: -ORDER - 1 : -1].astype(np.float64))
    limit = player.signature.codec["limit"]
    first = played(primed, 1)[0]
    assert abs(first - rung) <= limit * size * 1.001
    assert played(fresh, 1)[0] != first


def test_reset_forgets_the_prime(player, sound, lags):
    guide = player.guide(lags=lags)
    fresh, primed = (player.session(guide, seed=1) for _ in range(2))
    primed.prime(sound, guide)
    played(primed, 100)
    primed.reset()
    np.testing.assert_array_equal(played(primed, 100), played(fresh, 100))


def test_frames_that_end_are_an_end(player, lags):
    for controls in (None, np.zeros((3, 2))):
        session = player.session(player.guide(controls=controls, lags=lags[:, :2]))
        played(session, 2 * HOP)
        untouched = np.full(1, 7.0, np.float32)
        with pytest.raises(EngineError) as refusal:
            session.process(untouched)
        assert refusal.value.code == "CONTROLS_ENDED"
        assert untouched == 7.0


def test_a_prime_longer_than_its_guide_is_refused(player, sound, lags):
    session = player.session(player.guide(lags=lags))
    with pytest.raises(EngineError) as refusal:
        session.prime(sound, player.guide(lags=lags[:, :3]))
    assert refusal.value.code == "CONTROLS_ENDED"


def test_without_lags_it_foretells_but_does_not_play(player):
    assert player.logits(np.arange(5)).shape == (5, 256)
    with pytest.raises(EngineError, match="autocorrelation") as refusal:
        played(player.session(), 1)
    assert refusal.value.code == "BAD_LAGS"


@pytest.mark.parametrize("wrong", [np.zeros(ORDER + 1), np.zeros((ORDER, 5))])
def test_lags_of_another_shape_are_refused(player, wrong):
    with pytest.raises(EngineError, match="takes 13") as refusal:
        player.guide(lags=wrong)
    assert refusal.value.code == "BAD_LAGS"


def test_lags_that_are_not_finite_are_refused(player):
    with pytest.raises(EngineError) as refusal:
        player.guide(lags=np.full((ORDER + 1, 5), np.inf))
    assert refusal.value.code == "NONFINITE"


def test_lags_that_no_sound_has_are_refused_before_they_are_heard(player, sound, lags):
    strange = lags.copy()
    strange[1] = 3.0 * strange[0]
    session = player.session(player.guide(lags=strange))
    for call in (lambda: played(session, 50), lambda: session.prime(sound)):
        with pytest.raises(EngineError) as refusal:
            call()
        assert refusal.value.code == "BAD_LAGS"


def test_lags_for_a_model_of_the_sound_itself_are_refused(lags):
    facts = signature(SHAPE)
    runtime = Runtime(NativeNetwork(SHAPE, random_weights(SHAPE), facts), facts)
    with pytest.raises(EngineError) as refusal:
        runtime.guide(lags=lags)
    assert refusal.value.code == "BAD_LAGS"


def test_the_engine_refuses_other_orders():
    with pytest.raises(EngineError):
        AllPole(0)
    with pytest.raises(EngineError):
        AllPole(3).process(np.zeros(2, np.float32), np.zeros(4), 1.0)
    for coefficients, size in (([0.5, np.nan], 1.0), ([0.5, 0.1], np.inf)):
        with pytest.raises(EngineError) as refusal:
            AllPole(2).process(np.zeros(2, np.float32), np.array(coefficients), size)
        assert refusal.value.code == "NONFINITE"
