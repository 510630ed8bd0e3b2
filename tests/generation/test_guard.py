"""The rule, measured anew on what comes out: windows of 400 ms every 10 ms, K-weighted."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whisperwave.dsp.loudness import KWeighting
from whisperwave.generation.guard import QUIET_DB, RISE_DB, RiseGuard

RATE, HOP = 16_000, 160
TARGET = -20.0
SECOND, MEMORY = 100, 1_000  # in frames


def noise(levels_db, seconds=2.0, seed=0, channels=1):
    """Noise that changes its level every so often."""
    rng = np.random.default_rng(seed)
    gains = np.repeat(10.0 ** (np.asarray(levels_db) / 20.0), round(seconds * RATE))
    return (gains * rng.standard_normal((channels, len(gains)))).astype(np.float32)


def guarded(audio, frames=4, target=TARGET):
    guard = RiseGuard(RATE, HOP, target)
    state, parts = guard.start(len(audio)), []
    padded = np.pad(audio, ((0, 0), (0, guard.latency)))
    for start in range(0, padded.shape[1], frames * HOP):
        out, state = guard.step(padded[:, start : start + frames * HOP], state)
        parts.append(out)
    return np.concatenate(parts, axis=1)[:, guard.latency :]


def loudness(audio):
    """Of every 400 ms."""
    weighting = KWeighting(RATE)
    weighted, _ = weighting.step(audio.astype(float), weighting.start(len(audio)))
    power = np.square(weighted).sum(axis=0).reshape(-1, HOP).mean(axis=1)
    windows = np.lib.stride_tricks.sliding_window_view(power, 40).mean(axis=1)
    return -0.691 + 10 * np.log10(np.maximum(windows, 1e-15))


def largest_rise(audio):
    """By how much any moment is louder than the loudest of the ten seconds up to one before it."""
    found = loudness(audio)
    rises = [
        found[now] - max(found[max(0, now - SECOND - MEMORY) : now - SECOND + 1].max(),
                         TARGET - QUIET_DB)
        for now in range(SECOND, len(found))
    ]  # fmt: skip
    return max(rises)


@pytest.mark.parametrize(
    "levels",
    [[-60, -20], [-80, -80, -10], [-40, -20, -60, -60, -60, -60, -60, -60, -60, -20], [-45, -30]],
)
def test_nothing_rises_by_more_than_the_rule_allows(levels):
    audio = noise(levels)
    assert largest_rise(audio) > RISE_DB + 3.0
    assert largest_rise(guarded(audio)) < RISE_DB + 0.2


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(-70.0, -5.0), min_size=2, max_size=10), st.integers(0, 99))
def test_the_rule_holds_for_any_sound(levels, seed):
    assert largest_rise(guarded(noise(levels, 1.3, seed, channels=2))) < RISE_DB + 0.3


def test_a_sound_that_keeps_the_rule_passes_untouched():
    audio = noise([-20, -24, -19, -22])
    np.testing.assert_array_equal(guarded(audio), audio)


def test_a_drum_that_was_heard_may_be_heard_again():
    beat = np.zeros(2 * RATE)
    beat[: RATE // 5] = 0.3
    audio = (np.tile(beat, 6) * noise([0.0] * 6)[0]).astype(np.float32)[np.newaxis]
    np.testing.assert_array_equal(guarded(audio), audio)


def test_how_a_sound_begins_is_left_to_its_fade():
    audio = noise([-15, -15])
    np.testing.assert_array_equal(guarded(audio), audio)


def test_after_the_rise_the_sound_is_itself_again():
    audio = noise([-60, -60, *[-20] * 8])
    out = guarded(audio)
    rest = slice(12 * RATE, None)
    np.testing.assert_array_equal(out[:, rest], audio[:, rest])
    assert np.std(out[:, 4 * RATE : 5 * RATE]) < 0.1 * np.std(audio[:, 4 * RATE : 5 * RATE])


@pytest.mark.parametrize("frames", [1, 3, 64, 1_000])
def test_the_steps_do_not_matter(frames):
    audio = noise([-60, -20, -60, -15], channels=2)
    np.testing.assert_allclose(guarded(audio, frames), guarded(audio), atol=1e-6)


def test_silence_stays_silent():
    assert not guarded(np.zeros((2, 2 * RATE), np.float32)).any()
