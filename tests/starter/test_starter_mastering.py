import numpy as np
import pytest
from foley.mastering import faded, limited, loudness_lufs, mastered, true_peak

RATE = 48000


def sine(frequency_hz, seconds=2.0, rate=RATE):
    return np.sin(2 * np.pi * frequency_hz * np.arange(round(seconds * rate)) / rate)


def test_a_full_scale_sine_of_997_hz_reads_minus_3_01_lufs():
    assert loudness_lufs(sine(997)[None], RATE) == pytest.approx(-3.01, abs=0.02)


@pytest.mark.parametrize("rate", [16000, 32000, 44100])
def test_loudness_does_not_hang_on_the_sample_rate(rate):
    assert loudness_lufs(sine(997, rate=rate)[None], rate) == pytest.approx(-3.01, abs=0.05)


def test_true_peak_sees_between_the_samples():
    between = np.sin(2 * np.pi * 0.25 * np.arange(4000) + np.pi / 4)[None]
    assert np.abs(between).max() < 0.71
    assert true_peak(between) == pytest.approx(1.0, abs=0.01)


def test_the_limiter_holds_the_ceiling_and_leaves_the_rest_alone():
    audio = 0.1 * sine(200)[None].astype(np.float32)
    audio[0, 40000] = 0.9
    held = limited(audio, RATE, 0.3)
    assert np.abs(held).max() <= 0.3 / 0.97
    np.testing.assert_array_equal(held[0, :39000], audio[0, :39000])
    np.testing.assert_array_equal(held[0, 41000:], audio[0, 41000:])


def test_fades_begin_and_end_in_silence_and_keep_the_middle():
    shaped = faded(np.ones((2, RATE), np.float32), RATE, 0.1, 0.2)
    assert shaped[:, 0].max() == 0
    assert shaped[:, -1].max() < 1e-6
    assert shaped[:, RATE // 2].min() == 1


def test_rumble_and_offset_are_gone_after_mastering():
    audio = np.stack([sine(440), sine(440)]).astype(np.float32) * 0.1 + 0.5
    assert abs(mastered(audio, RATE).mean()) < 1e-4


def test_silence_stays_silence():
    assert not mastered(np.zeros((2, RATE), np.float32), RATE).any()
