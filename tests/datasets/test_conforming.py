from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whisperwave.datasets.conforming import conform
from whisperwave.datasets.intake import Intake
from whisperwave.datasets.levelling import FULL_SCALE
from whisperwave.datasets.recipe import Recipe, Source
from whisperwave.datasets.trimming import heard_parts
from whisperwave.dsp.loudness import integrated_lufs
from whisperwave.errors import AudioError

RATE = 8_000


def tone(seconds, level=0.3, channels=1):
    wave = level * np.sin(2 * np.pi * 500.0 * np.arange(round(seconds * RATE)) / RATE)
    return np.tile(wave, (channels, 1)).astype("f4")


def silence(seconds, channels=1):
    return np.zeros((channels, round(seconds * RATE)), "f4")


def made(samples, first_seconds=None, source=None, **recipe):
    settings = Recipe((source or Source("a"),), sample_rate=RATE, **recipe)
    intake = Intake(settings.channels, RATE, first_seconds)
    for block in np.array_split(samples.T, 3):
        intake.hear(block, RATE)
    return conform(intake, settings.sources[0], settings)


def phrases(gap=1.0):
    return np.concatenate([silence(0.5), tone(1.0), silence(gap), tone(0.5), silence(0.5)], axis=1)


def test_silence_is_kept_unless_something_else_is_asked_for():
    conformed = made(phrases())
    assert len(conformed.frames) == round(3.5 * RATE)
    assert conformed.dropped_seconds == 0.0


def test_trimmed_both_ends_are_gone_and_counted():
    conformed = made(phrases(), source=Source("a", silence="trim"))
    assert len(conformed.frames) == pytest.approx(2.7 * RATE, abs=0.05 * RATE)
    assert conformed.dropped_seconds == pytest.approx(0.8, abs=0.05)
    assert [part.source_start for part in conformed.parts] == [round(0.4 * RATE)]


def test_split_at_silence_phrases_are_parts_that_know_where_they_were():
    conformed = made(phrases(), source=Source("a", silence="split"))
    lengths = [part.stop - part.start for part in conformed.parts]
    assert lengths == pytest.approx([1.2 * RATE, 0.7 * RATE], abs=0.03 * RATE)
    starts = [part.source_start / RATE for part in conformed.parts]
    assert starts == pytest.approx([0.4, 2.4], abs=0.03)
    assert conformed.dropped_seconds == pytest.approx(1.6, abs=0.05)


def test_a_pause_shorter_than_the_gap_does_not_split():
    source = Source("a", silence="split", gap_seconds=0.5)
    assert len(made(phrases(gap=0.4), source=source).parts) == 1


def test_quiet_singing_is_not_silence_by_the_usual_measure():
    quiet = np.concatenate([tone(1.0), tone(1.0, level=0.3 * 10 ** (-35 / 20))], axis=1)
    assert made(quiet, source=Source("a", silence="split")).dropped_seconds == 0.0
    strict = Source("a", silence="split", below_db=16.0)
    assert made(quiet, source=strict).dropped_seconds == pytest.approx(0.9, abs=0.05)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=1, max_size=30), st.floats(0.02, 0.5))
def test_no_sample_is_in_two_parts_and_no_heard_one_in_none(levels, gap):
    audio = np.repeat(np.array(levels, "f4") % 3 / 3, 160)
    parts = heard_parts(audio, RATE, 45.0, gap)
    assert all(a.stop <= b.start for a, b in pairwise(parts))
    if audio.any():
        heard = np.zeros(len(audio), bool)
        for part in parts:
            heard[part] = True
        assert heard[audio > 0].all()


def test_one_channel_is_the_mean_and_two_are_left_and_right():
    pair = np.concatenate([tone(0.5), -tone(0.5) / 3])
    assert made(pair).frames.shape == (RATE // 2, 1)
    both = made(pair, channels=2, level="none").frames
    assert both.shape == (RATE // 2, 2)
    np.testing.assert_allclose(both[:, 0], -3.0 * both[:, 1], atol=3)


def test_one_channel_twice_is_two_and_more_than_two_are_said():
    np.testing.assert_array_equal(*made(tone(0.5), channels=2).frames.T)
    many = made(tone(0.5, channels=6), channels=2)
    assert many.notes == ("CHANNELS: the first two of 6 were kept.",)


@pytest.mark.parametrize(
    ("level", "peak"), [("rms", np.sqrt(2) / 10), ("peak", 0.9), ("none", 0.05)]
)
def test_a_level_is_what_the_recipe_says(level, peak):
    conformed = made(tone(1.0, level=0.05), level=level)
    assert np.abs(conformed.frames).max() / FULL_SCALE == pytest.approx(peak, rel=1e-3)
    assert conformed.gain_db == pytest.approx(20 * np.log10(peak / 0.05), abs=0.01)
    assert conformed.peak == pytest.approx(0.05, rel=1e-3)


def test_a_loudness_is_met_in_lufs():
    frames = made(tone(2.0, level=0.05), level="lufs").frames
    assert integrated_lufs(frames[:, 0] / FULL_SCALE, RATE) == pytest.approx(-23.0, abs=0.05)


def test_a12_a_peak_that_does_not_fit_is_scaled_never_clipped():
    conformed = made(tone(1.0, level=8.0), level="none")
    assert np.abs(conformed.frames).max() <= FULL_SCALE
    assert conformed.gain_db == pytest.approx(-18.06, abs=0.01)


def test_clipped_samples_are_counted():
    loud = tone(1.0, level=2.0)
    assert made(np.clip(loud, -1, 1)).clipped == np.mean(np.abs(loud) >= 1.0) > 0.5
    assert made(tone(1.0, level=0.99)).clipped == 0.0


def test_a_cap_takes_the_beginning_alone():
    assert len(made(tone(2.0), first_seconds=0.5).frames) == RATE // 2


def test_silence_alone_is_refused_whatever_is_asked():
    with pytest.raises(AudioError) as refusal:
        made(silence(1.0))
    assert refusal.value.code == "SILENT"


def test_less_than_a_sample_at_the_new_rate_is_too_short():
    intake = Intake(channels=1, sample_rate=8_000, first_seconds=None)
    intake.hear(np.ones((1, 1), "f4"), 48_000)
    with pytest.raises(AudioError) as refusal:
        intake.finish()
    assert refusal.value.code == "TOO_SHORT"
