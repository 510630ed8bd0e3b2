import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whisperwave.dsp.loudness import integrated_lufs, true_peak_dbtp
from whisperwave.errors import ConfigError
from whisperwave.generation import limiter
from whisperwave.generation.limiter import REACH_SECONDS
from whisperwave.generation.mastering import (
    LARGEST_BOOST_DB,
    Mastering,
    master,
    parse_loudness,
    with_fades,
)
from whisperwave.generation.spool import Kept

RATE = 16_000


def mastered(audio, targets):
    """What comes of a sound ``[T]`` or ``[C, T]``, in its shape, and its measured loudness."""
    done = master(Kept(np.atleast_2d(audio)), RATE, targets)
    return np.concatenate(list(done.blocks()), axis=1).reshape(audio.shape), done.loudness_lufs


def limited(audio, ceiling, blocks=1):
    cut = np.array_split(audio[np.newaxis], blocks, axis=1)
    return np.concatenate(list(limiter.limited(cut, 1, RATE, ceiling)), axis=1)[0]


def faded(audio, *seconds):
    targets = Mastering(fade_in_seconds=seconds[0], fade_out_seconds=seconds[1])
    return np.concatenate(list(with_fades(np.array_split(audio, 3), RATE, targets, len(audio))))


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
    done, loudness_lufs = mastered(audio, Mastering(loudness_lufs=target))
    assert integrated_lufs(done, RATE) == pytest.approx(target, abs=0.1)
    assert true_peak_dbtp(done, RATE) <= -6.0
    assert loudness_lufs == pytest.approx(integrated_lufs(done, RATE), abs=1e-4)


def test_two_channels_are_finished_by_one_gain():
    stereo = np.stack([noise(seed=1), 0.25 * clicks()])
    done, _ = mastered(stereo, Mastering(fade_in_seconds=0, fade_out_seconds=0))
    assert integrated_lufs(done, RATE) == pytest.approx(-23.0, abs=0.1)
    assert true_peak_dbtp(done, RATE) <= -6.0
    gains = done[:, 1:] / (stereo - stereo.mean(axis=1, keepdims=True))[:, 1:]
    assert np.median(np.abs(gains[0] / gains[1] - 1.0)) < 1e-3


def test_the_ceiling_wins_where_both_cannot_be_met():
    spikes = np.zeros(3 * RATE, np.float32)
    spikes[::RATE] = 1.0
    done, loudness_lufs = mastered(spikes, Mastering(loudness_lufs=-12.0, ceiling_dbtp=-20.0))
    assert true_peak_dbtp(done, RATE) <= -20.0
    assert loudness_lufs < -12.0


def test_a_constant_offset_is_removed():
    no_fades = Mastering(fade_in_seconds=0, fade_out_seconds=0)
    done, _ = mastered(noise() + np.float32(0.2), no_fades)
    assert abs(done.mean()) < 1e-6


def test_silence_stays_silent_and_finite():
    done, loudness_lufs = mastered(np.zeros(RATE, np.float32), Mastering())
    assert not done.any()
    assert loudness_lufs == -np.inf


def test_a_nearly_silent_sound_is_not_pulled_up_to_the_target():
    audio = noise(level=1e-3)
    done, _ = mastered(audio, Mastering(fade_in_seconds=0, fade_out_seconds=0))
    raised = 20 * np.log10(np.std(done) / np.std(audio))
    assert raised == pytest.approx(LARGEST_BOOST_DB, abs=0.1)


@pytest.mark.parametrize("samples", [1, 2, 7, 800, 6_000])
def test_sounds_too_short_to_measure_are_finished_too(samples):
    audio = noise()[:samples]
    done, _ = mastered(audio, Mastering())
    assert len(done) == samples
    assert np.isfinite(done).all()


def test_fades_begin_and_end_at_nothing_and_leave_the_middle_alone():
    found = faded(np.ones(4 * RATE, np.float32), 0.5, 1.0)
    assert found[0] < 1e-6 > found[-1]
    assert (found[RATE // 2 : 3 * RATE] == 1.0).all()
    assert (np.diff(found[: RATE // 2]) >= 0).all()
    assert (np.diff(found[3 * RATE :]) <= 0).all()


def test_fades_take_at_most_a_quarter_each():
    found = faded(np.ones(1_000, np.float32), 10.0, 10.0)
    assert (found[250:750] == 1.0).all()
    assert found[249] < 1.0 > found[750]


def test_the_limiter_leaves_quiet_sound_untouched():
    audio = noise(level=0.01)
    assert np.array_equal(limited(audio, -6.0), audio)


def test_the_limiter_touches_only_what_is_near_a_peak():
    audio = noise(level=0.01)
    audio[RATE] = 0.99
    reach = round(2 * REACH_SECONDS * RATE) + 8  # and the ringing of the interpolation filter
    changed = limited(audio, -6.0) / audio
    assert changed[: RATE - reach] == pytest.approx(1.0, abs=1e-3)
    assert changed[RATE + reach :] == pytest.approx(1.0, abs=1e-3)
    assert changed[RATE] < 0.6


@settings(max_examples=15, deadline=None)
@given(
    st.integers(0, 2**32 - 1), st.floats(-20.0, -1.0), st.floats(0.05, 3.0),
    st.integers(100, 9_000), st.integers(1, 20),
)  # fmt: skip
def test_nothing_passes_the_ceiling(seed, ceiling, level, samples, blocks):
    audio = noise(1.0, level, seed)[:samples]
    assert true_peak_dbtp(limited(audio, ceiling, blocks), RATE) <= ceiling


def test_a_gain_that_moves_slowly_adds_almost_nothing_to_a_tone():
    time = np.arange(RATE) / RATE
    tone = (0.4 * np.sin(2 * np.pi * 1_000 * time)).astype(np.float32)
    tone[RATE // 2 - 40 : RATE // 2 + 40] *= 2.0
    ring = np.abs(np.fft.rfft(limited(tone, -6.0) * np.hanning(RATE)))
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
