import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whisperwave.dsp.loudness import integrated_lufs, true_peak_dbtp
from whisperwave.errors import ConfigError
from whisperwave.generation.limiter import REACH_SECONDS, limited
from whisperwave.generation.mastering import (
    LARGEST_BOOST_DB,
    Mastering,
    master,
    parse_loudness,
    with_fades,
)

RATE = 16_000


def noise(seconds=3.0, level=0.05, seed=0):
    rng = np.random.default_rng(seed)
    return (level * rng.standard_normal(round(seconds * RATE))).astype(np.float32)


def clicks():
    audio = noise()
    audio[5_000::7_000] = 0.95
    return audio


@pytest.mark.parametrize("target", [-27.0, -23.0, -20.0])
@pytest.mark.parametrize("audio", [noise(), clicks()], ids=["steady", "clicks"])
def test_loudness_and_peak_are_met_together(audio, target):
    done = master(audio, RATE, Mastering(loudness_lufs=target))
    assert integrated_lufs(done.audio, RATE) == pytest.approx(target, abs=0.1)
    assert true_peak_dbtp(done.audio, RATE) <= -6.0
    assert done.loudness_lufs == pytest.approx(target, abs=0.1)


def test_two_channels_are_finished_by_one_gain():
    stereo = np.stack([noise(seed=1), 0.25 * clicks()])
    done = master(stereo, RATE, Mastering(fade_in_seconds=0, fade_out_seconds=0))
    assert integrated_lufs(done.audio, RATE) == pytest.approx(-23.0, abs=0.1)
    assert true_peak_dbtp(done.audio, RATE) <= -6.0
    gains = done.audio[:, 1:] / (stereo - stereo.mean(axis=1, keepdims=True))[:, 1:]
    assert np.median(np.abs(gains[0] / gains[1] - 1.0)) < 1e-3


def test_the_ceiling_wins_where_both_cannot_be_met():
    spikes = np.zeros(3 * RATE, np.float32)
    spikes[::RATE] = 1.0
    done = master(spikes, RATE, Mastering(loudness_lufs=-12.0, ceiling_dbtp=-20.0))
    assert done.true_peak_dbtp <= -20.0
    assert done.loudness_lufs < -12.0


def test_a_constant_offset_is_removed():
    done = master(noise() + np.float32(0.2), RATE, Mastering(fade_in_seconds=0, fade_out_seconds=0))
    assert abs(done.audio.mean()) < 1e-6


def test_silence_stays_silent_and_finite():
    done = master(np.zeros(RATE, np.float32), RATE, Mastering())
    assert not done.audio.any()
    assert done.loudness_lufs == -np.inf


def test_a_nearly_silent_sound_is_not_pulled_up_to_the_target():
    audio = noise(level=1e-3)
    done = master(audio, RATE, Mastering(fade_in_seconds=0, fade_out_seconds=0))
    raised = 20 * np.log10(np.std(done.audio) / np.std(audio))
    assert raised == pytest.approx(LARGEST_BOOST_DB, abs=0.1)


@pytest.mark.parametrize("samples", [1, 2, 7, 800, 6_000])
def test_sounds_too_short_to_measure_are_finished_too(samples):
    audio = noise()[:samples]
    done = master(audio, RATE, Mastering())
    assert len(done.audio) == samples
    assert np.isfinite(done.audio).all()


def test_fades_begin_and_end_at_nothing_and_leave_the_middle_alone():
    audio = np.ones(4 * RATE, np.float32)
    faded = with_fades(audio, RATE, 0.5, 1.0)
    assert faded[0] < 1e-6 > faded[-1]
    assert (faded[RATE // 2 : 3 * RATE] == 1.0).all()
    assert (np.diff(faded[: RATE // 2]) >= 0).all()
    assert (np.diff(faded[3 * RATE :]) <= 0).all()


def test_fades_take_at_most_a_quarter_each():
    faded = with_fades(np.ones(1_000, np.float32), RATE, 10.0, 10.0)
    assert (faded[250:750] == 1.0).all()
    assert faded[249] < 1.0 > faded[750]


def test_the_limiter_leaves_quiet_sound_untouched():
    audio = noise(level=0.01)
    assert limited(audio, RATE, -6.0) is audio


def test_the_limiter_touches_only_what_is_near_a_peak():
    audio = noise(level=0.01)
    audio[RATE] = 0.99
    reach = round(2 * REACH_SECONDS * RATE) + 8  # and the ringing of the interpolation filter
    changed = limited(audio, RATE, -6.0) / audio
    assert changed[: RATE - reach] == pytest.approx(1.0, abs=1e-3)
    assert changed[RATE + reach :] == pytest.approx(1.0, abs=1e-3)
    assert changed[RATE] < 0.6


@settings(max_examples=15, deadline=None)
@given(
    st.integers(0, 2**32 - 1), st.floats(-20.0, -1.0), st.floats(0.05, 3.0), st.integers(100, 9_000)
)
def test_nothing_passes_the_ceiling(seed, ceiling, level, samples):
    audio = noise(1.0, level, seed)[:samples]
    assert true_peak_dbtp(limited(audio, RATE, ceiling), RATE) <= ceiling


def test_a_gain_that_moves_slowly_adds_almost_nothing_to_a_tone():
    time = np.arange(RATE) / RATE
    tone = (0.4 * np.sin(2 * np.pi * 1_000 * time)).astype(np.float32)
    tone[RATE // 2 - 40 : RATE // 2 + 40] *= 2.0
    ring = np.abs(np.fft.rfft(limited(tone, RATE, -6.0) * np.hanning(RATE)))
    assert ring[1_000] > 100 * ring[1_300:].max()


@pytest.mark.parametrize(
    ("text", "lufs"), [("sleep", -27.0), ("rest", -23.0), ("focus", -20.0), ("-18.5", -18.5)]
)
def test_a_preset_is_a_number_with_a_name(text, lufs):
    assert parse_loudness(text) == lufs


def test_an_unknown_preset_is_answered_with_the_known_ones():
    with pytest.raises(ConfigError, match="loud") as caught:
        parse_loudness("loud")
    assert "sleep" in caught.value.remedy


@pytest.mark.parametrize(
    "targets",
    [
        {"loudness_lufs": 0.0},
        {"loudness_lufs": float("nan")},
        {"ceiling_dbtp": 1.0},
        {"fade_in_seconds": -1.0},
        {"fade_out_seconds": float("inf")},
    ],
)
def test_targets_out_of_range_are_refused(targets):
    with pytest.raises(ConfigError, match="out of range"):
        Mastering(**targets)
