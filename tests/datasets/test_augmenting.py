"""Whatever is drawn, what a model hears and what it is to make of it lie at the same place."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whisperwave import registry
from whisperwave.datasets.augmenting import Draw, Pair, chain
from whisperwave.errors import ConfigError

RATE = 16_000
KINDS = registry.names("datasets.augmentation")
ALWAYS = {name: {} for name in KINDS if name != "crop"}
draws = st.builds(
    Draw, st.integers(0, 2**32), st.integers(0, 1000), st.integers(0, 10**9)
)  # fmt: skip


def sound(samples=8_000, channels=1, seed=0):
    return np.random.default_rng(seed).uniform(-0.5, 0.5, (channels, samples)).astype("f4")


def test_there_is_a_file_for_each_kind():
    assert KINDS == (
        "coloured_noise", "crop", "gain", "low_pass", "pitch_shift", "polarity", "time_shift",
    )  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
@settings(max_examples=10, deadline=None)
@given(draw=draws)
def test_done_to_both_the_same_sound_stays_the_same_on_both_sides(name, draw):
    values = {"samples": 1000} if name == "crop" else {"side": "both"}
    made = chain({name: values})(Pair(sound(), sound()), RATE, draw)
    np.testing.assert_array_equal(made.input, made.target)


@settings(max_examples=15, deadline=None)
@given(draw=draws, samples=st.integers(2_000, 9_000))
def test_a_whole_chain_keeps_a_click_at_the_same_place_on_both_sides(draw, samples):
    """The target is the input an octave of level below; whatever happens, it stays just that."""
    heard = np.zeros((1, samples), "f4")
    heard[0, samples // 2] = 0.5
    steps = {"gain": {}, "polarity": {}, "pitch_shift": {}, "time_shift": {"high_seconds": 0.02},
             "low_pass": {"side": "both"}, "crop": {"samples": 1_500}}  # fmt: skip
    made = chain(steps)(Pair(heard, 0.5 * heard), RATE, draw)
    np.testing.assert_allclose(made.target, 0.5 * made.input, atol=1e-5)


@settings(max_examples=15, deadline=None)
@given(draw=draws)
def test_a_crop_of_two_channels_cuts_what_belongs_together(draw):
    ramp = np.arange(5_000, dtype="f4")[None]
    made = chain({"crop": {"samples": 700}})(Pair(ramp, np.concatenate([ramp, -ramp])), RATE, draw)
    assert made.samples == 700
    np.testing.assert_array_equal(made.target, np.concatenate([made.input, -made.input]))
    assert (np.diff(made.input[0]) == 1.0).all()


@pytest.mark.parametrize("name", sorted(ALWAYS))
def test_the_same_place_of_a_run_gives_the_same_sound_in_any_order(name):
    steps = chain({name: {"side": "each"}})
    places = [Draw(3, epoch, position) for epoch in (0, 1) for position in (0, 5, 2**40)]
    forth = [steps(Pair(sound(), sound()), RATE, place) for place in places]
    back = [steps(Pair(sound(), sound()), RATE, place) for place in reversed(places)]
    for one, other in zip(forth, reversed(back), strict=True):
        np.testing.assert_array_equal(one.input, other.input)
        np.testing.assert_array_equal(one.target, other.target)


@pytest.mark.parametrize(
    "name", ["gain", "pitch_shift", "coloured_noise", "low_pass", "time_shift"]
)
def test_seeds_epochs_and_positions_give_different_sounds(name):
    steps = chain({name: {"side": "both"}})
    places = [Draw(0, 0, 0), Draw(1, 0, 0), Draw(0, 1, 0), Draw(0, 0, 1)]
    made = [steps(Pair(sound(), sound()), RATE, place).input for place in places]
    assert len({one.tobytes() for one in made}) == 4


def test_two_steps_of_a_chain_do_not_draw_the_same():
    first, second = Draw(1, 2, 3).generator(0), Draw(1, 2, 3).generator(1)
    assert first.random() != second.random()


def test_the_numbers_of_a_draw_never_change():
    assert Draw(7, 1, 2).generator(0).integers(1000, size=4).tolist() == [13, 561, 213, 792]


@pytest.mark.parametrize("probability", [0.0, 0.25, 1.0])
def test_a_change_happens_as_often_as_it_is_said(probability):
    steps = chain({"polarity": {"probability": probability}})
    pair = Pair(sound(4), sound(4))
    happened = [steps(pair, RATE, Draw(0, 0, n)).input is not pair.input for n in range(400)]
    assert np.mean(happened) == pytest.approx(probability, abs=0.07)


@pytest.mark.parametrize("name", sorted(ALWAYS))
def test_the_side_that_is_not_meant_is_left_alone(name):
    pair = Pair(sound(), sound(seed=1))
    for side, left in (("input", "target"), ("target", "input")):
        made = chain({name: {"side": side}})(pair, RATE, Draw(0, 0, 0))
        kept = getattr(made, left)
        np.testing.assert_array_equal(kept, getattr(pair, left)[:, : made.samples])


@settings(max_examples=20, deadline=None)
@given(draw=draws, wanted=st.integers(100, 5_000))
def test_what_is_needed_is_enough(draw, wanted):
    steps = chain({"pitch_shift": {"high_semitones": 7.0}, "gain": {}, "crop": {"samples": wanted}})
    given_ = sound(steps.needed(wanted, RATE))
    assert steps(Pair(given_, given_), RATE, draw).samples == wanted


@pytest.mark.parametrize(
    ("settings_", "said"),
    [
        ({"reverb": {}}, "no 'reverb'"),
        ({"gain": {"loudness": 1}}, "unknown=['loudness']"),
        ({"gain": {"probability": 2.0}}, "probability 2"),
        ({"gain": {"low_db": 3.0, "high_db": -3.0}}, "high gain -3"),
        ({"gain": {"side": "output"}}, "augmentation.gain.side is 'output'"),
        ({"crop": {"side": "each"}}, "A crop with side='each'"),
        ({"pitch_shift": {"high_semitones": 60.0}}, "high shift 60"),
        ({"coloured_noise": {"low_snr_db": float("nan")}}, "low signal to noise nan"),
    ],
)
def test_what_cannot_be_is_refused_with_its_value(settings_, said):
    with pytest.raises(ConfigError) as refusal:
        chain(settings_)
    assert said in refusal.value.message


def test_sides_of_two_lengths_are_no_pair():
    with pytest.raises(ConfigError, match="8000 samples of input, 7999 of target"):
        Pair(sound(), sound(7_999))
