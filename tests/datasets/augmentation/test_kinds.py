"""What each kind of change does to a sound."""

import numpy as np
import pytest

from whisperwave.datasets.augmentation.coloured_noise import ColouredNoise, Noise, coloured
from whisperwave.datasets.augmentation.crop import Crop
from whisperwave.datasets.augmentation.gain import Gain
from whisperwave.datasets.augmentation.low_pass import LowPass
from whisperwave.datasets.augmentation.pitch_shift import PitchShift
from whisperwave.datasets.augmentation.polarity import Polarity
from whisperwave.datasets.augmentation.time_shift import TimeShift
from whisperwave.dsp.features.f0 import F0

RATE = 16_000


def tone(hz, seconds=1.0):
    time = np.arange(round(seconds * RATE)) / RATE
    return (0.3 * np.sin(2 * np.pi * hz * time)).astype("f4")[None]


def rms_db(sound):
    return 10 * np.log10(np.mean(np.square(sound, dtype=np.float64)))


def test_a_gain_lies_between_its_ends(generator):
    gain = Gain(low_db=-6.0, high_db=0.0)
    drawn = 20 * np.log10([gain.drawn(generator) for _ in range(300)])
    assert -6.0 <= drawn.min() < -5.5
    assert -0.5 < drawn.max() <= 0.0
    changed = gain.changed(tone(440.0), RATE, 0.5)
    assert rms_db(changed) - rms_db(tone(440.0)) == pytest.approx(-6.02, abs=0.01)


def test_polarity_is_its_own_inverse():
    flipped = Polarity().changed(tone(440.0), RATE, None)
    np.testing.assert_array_equal(flipped, -tone(440.0))


@pytest.mark.parametrize("semitones", [-4.0, -0.5, 0.5, 4.0])
def test_a_shift_moves_the_pitch_by_so_many_semitones_and_the_length_with_it(semitones):
    ratio = 2 ** (semitones / 12)
    changed = PitchShift().changed(tone(330.0, 2.0), RATE, ratio)
    f0_hz = np.median(F0(RATE, 160)(changed[0])[0, 20:-20])
    assert 12 * np.log2(f0_hz / 330.0) == pytest.approx(semitones, abs=0.02)
    assert changed.shape[1] == pytest.approx(2 * RATE / ratio, abs=2)


@pytest.mark.parametrize("exponent", [-1.0, 0.0, 1.0, 2.0])
def test_noise_has_its_colour(generator, exponent):
    noise = coloured((2**16,), exponent, generator)
    power = np.abs(np.fft.rfft(noise)) ** 2
    low, high = power[200:400].mean(), power[6_400:12_800].mean()
    assert np.log2(low / high) / 5 == pytest.approx(exponent, abs=0.1)
    assert np.mean(noise**2) == pytest.approx(1.0)


def test_noise_lies_so_far_below_the_sound(generator):
    noisy = ColouredNoise().changed(tone(440.0), RATE, Noise(25.0, 1.0, 3))
    assert rms_db(tone(440.0)) - rms_db(noisy - tone(440.0)) == pytest.approx(25.0, abs=0.01)


def test_silence_gets_no_noise():
    silence = np.zeros((1, 1000), "f4")
    np.testing.assert_array_equal(
        ColouredNoise().changed(silence, RATE, Noise(20.0, 0.0, 1)), silence
    )


def test_below_its_limit_a_low_pass_keeps_time_and_level_and_above_nothing_is_left():
    passed = LowPass().changed(tone(500.0), RATE, 3_000.0)
    np.testing.assert_allclose(passed[:, 200:-200], tone(500.0)[:, 200:-200], atol=1e-4)
    assert rms_db(LowPass().changed(tone(5_000.0), RATE, 3_000.0)[:, 200:-200]) < -80.0
    np.testing.assert_array_equal(LowPass().changed(tone(500.0), RATE, 9_000.0), tone(500.0))


def test_a_low_pass_is_of_the_input_unless_it_is_said():
    assert LowPass().side == "input"


@pytest.mark.parametrize(("seconds", "at"), [(0.1, 2_600), (-0.05, 200), (0.0, 1_000), (9.0, None)])
def test_a_shift_in_time_moves_a_click_and_keeps_the_length(seconds, at):
    click = np.zeros((1, 4_000), "f4")
    click[0, 1_000] = 1.0
    moved = TimeShift().changed(click, RATE, seconds)
    assert moved.shape == click.shape
    assert np.flatnonzero(moved[0]).tolist() == ([] if at is None else [at])


def test_a_crop_reaches_both_ends_and_a_short_sound_stays_whole(generator):
    crop, ramp = Crop(samples=3), np.arange(5.0, dtype="f4")[None]
    starts = {float(crop.changed(ramp, RATE, crop.drawn(generator))[0, 0]) for _ in range(100)}
    assert starts == {0.0, 1.0, 2.0}
    np.testing.assert_array_equal(Crop(samples=9).changed(ramp, RATE, 0.7), ramp)
