from itertools import pairwise

import numpy as np
import pytest

from whisperwave.generation.composing import MOMENT_SECONDS, Composition
from whisperwave.generation.material import Material
from whisperwave.generation.outline import Outline, joined, outline_of
from whisperwave.generation.picks import Pick
from whisperwave.shapes import Port, Signature

RATE = 16_000
ORDER = 4
BEFORE = Outline(np.zeros((8, 50), np.float32), np.zeros((ORDER + 1, 50)), np.zeros((0, 50)))


def told(hop_length=160):
    """A model of excitations, as far as an outline has to know it."""
    inputs = (
        Port("mel", 8, hop_length, "control"),
        Port("autocorrelation", ORDER + 1, hop_length, "predictor"),
    )
    return Signature("autoregressive", inputs, (), RATE, 1, 0, 1, {}, "softmax")


def material(number, share, level=0.1, seconds=8.0, style="rain"):
    noise = np.random.default_rng(number).standard_normal(round(seconds * RATE))
    return Material(Pick(number), share, (level * noise).astype(np.float32), style)


def composed(materials, frames=2_000, seed=1, before=BEFORE):
    composition = Composition(materials, told(), seed)
    return composition.step(frames, composition.start(before))[0]


@pytest.mark.parametrize("frames", [1, 99, 100, 2_000])
@pytest.mark.parametrize("seconds", [0.02, 0.9, 3.0, 20.0])
def test_an_outline_is_as_long_as_it_is_asked_to_be(frames, seconds):
    found = composed([material(1, 1.0, seconds=seconds)], frames)
    assert found.mel.shape == (8, frames)
    assert found.lags.shape == (ORDER + 1, frames)
    assert np.isfinite(found.mel).all()
    assert np.isfinite(found.lags).all()


def test_every_frame_but_the_seams_is_one_of_the_picks():
    materials = [material(1, 0.5), material(2, 0.5)]
    known = {
        frame.tobytes() for each in materials for frame in outline_of(each.audio, told()).mel.T
    }
    found = [np.ascontiguousarray(frame).tobytes() in known for frame in composed(materials).mel.T]
    assert 0.8 < np.mean(found) < 1.0


def test_the_order_is_not_that_of_the_clip():
    only = material(1, 1.0, seconds=60.0)
    real = outline_of(only.audio, told()).mel
    places = {np.ascontiguousarray(frame).tobytes(): i for i, frame in enumerate(real.T)}
    found = [places.get(np.ascontiguousarray(frame).tobytes()) for frame in composed([only]).mel.T]
    jumps = [b for a, b in pairwise(found) if None not in (a, b) and b != a + 1]
    longest = round(MOMENT_SECONDS[1] * RATE / 160)
    runs = np.diff([i for i, place in enumerate(found) if place is None], prepend=-1, append=2_000)
    assert runs.max() <= longest
    assert jumps == []  # every jump is passed over by a seam


def test_picks_are_heard_in_the_shares_of_their_weights():
    loud, soft = material(1, 0.75, level=0.1), material(2, 0.25, level=0.001)
    found = composed([loud, soft], frames=12_000).mel
    assert np.mean(found.mean(axis=0) > -0.5) == pytest.approx(0.75, abs=0.06)


def test_the_first_moment_follows_on_what_came_before():
    swell = np.linspace(0.001, 0.3, 20 * RATE) * material(1, 1.0, 1.0, 20.0).audio
    clip = Material(Pick(1), 1.0, swell.astype(np.float32), "sea")
    outline = outline_of(clip.audio, told())
    starts = [
        composed([clip], 100, seed, outline.at(slice(at, at + 10))).mel[:, 20:30].mean()
        for at in (300, 1_000, 1_600)
        for seed in (1, 2, 3)
    ]
    quiet, middle, loud = (np.mean(starts[i : i + 3]) for i in (0, 3, 6))
    assert quiet < middle < loud


def test_the_same_seed_composes_the_same_and_another_another():
    materials = [material(1, 0.5), material(2, 0.5)]
    first, again, other = (composed(materials, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.mel, again.mel)
    np.testing.assert_array_equal(first.lags, again.lags)
    assert (first.mel != other.mel).any()


def test_styles_are_heard_together_and_clips_of_one_style_take_turns():
    low, high = material(1, 0.5, style="rain"), material(2, 0.5, style="sea")
    alone = [composed([each], 500).mel for each in (low, high)]
    together = composed([low, high], 500).mel
    assert (together > np.minimum(*alone).min(axis=0) - 1.0).all()
    doubled = composed([material(1, 0.5), material(1, 0.5, style="sea")], 500).mel
    single = composed([material(1, 1.0)], 500).mel
    assert doubled.mean() == pytest.approx(single.mean(), abs=0.02)


def test_the_heavier_style_is_the_louder_the_more_it_weighs():
    def balance(share):
        bright = np.diff(material(1, share).audio, append=0.0).astype(np.float32)
        dark = np.cumsum(material(2, 1.0 - share).audio * 0.05).astype(np.float32)
        clips = [Material(Pick(1), share, bright, "a"), Material(Pick(2), 1.0 - share, dark, "b")]
        found = composed(clips, 1_000).mel
        return found[-1].mean() - found[0].mean()

    balances = [balance(share) for share in (0.1, 0.3, 0.5, 0.7, 0.9)]
    assert balances == sorted(balances)
    assert balances[-1] - balances[0] > 0.5


def test_frames_may_be_longer_than_moments():
    slow = told(3 * RATE)
    composition = Composition([material(1, 1.0, seconds=30.0)], slow, 1)
    assert composition.step(7, composition.start(BEFORE))[0].mel.shape == (8, 7)


@pytest.mark.parametrize("cuts", [(1,), (64,), (3, 400, 17)])
def test_an_outline_is_the_same_however_it_is_asked_for(cuts):
    materials = [material(1, 0.3), material(2, 0.2), material(3, 0.5, style="sea")]
    composition = Composition(materials, told(), 5)
    beginning = composition.start(BEFORE)
    whole, _ = composition.step(1_200, beginning)
    state, parts, have, turn = beginning, [], 0, 0
    while have < 1_200:
        part, state = composition.step(min(cuts[turn % len(cuts)], 1_200 - have), state)
        parts.append(part)
        have, turn = have + part.frames, turn + 1
    np.testing.assert_array_equal(joined(parts).mel, whole.mel)
    np.testing.assert_array_equal(joined(parts).lags, whole.lags)
    np.testing.assert_array_equal(composition.step(1_200, beginning)[0].mel, whole.mel)
