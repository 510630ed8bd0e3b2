import numpy as np
import pytest

from whisperwave.dsp.features.loudness import FLOOR_DB, extractor
from whisperwave.dsp.loudness import a_weighting_db

RATE, HOP = 16_000, 160


def loudness_db(audio):
    return extractor(RATE, HOP)(audio)[0, 10:-10]


def sine(hz, level=1.0):
    return level * np.sin(2 * np.pi * hz * np.arange(RATE) / RATE)


def test_a_full_scale_sine_at_one_kilohertz_is_zero():
    assert loudness_db(sine(1_000.0)) == pytest.approx(0.0, abs=0.05)


@pytest.mark.parametrize("hz", [200.0, 440.0, 3_000.0, 6_000.0])
def test_other_frequencies_weigh_as_the_curve_says(hz):
    weight = float(a_weighting_db(np.array([hz]))[0])
    assert loudness_db(sine(hz)) == pytest.approx(weight, abs=0.3)


def test_a_tenth_of_the_amplitude_is_twenty_decibels_less():
    assert loudness_db(sine(700.0)) - loudness_db(sine(700.0, 0.1)) == pytest.approx(20.0, abs=0.01)


def test_silence_is_the_floor_and_nothing_is_below():
    assert (loudness_db(np.zeros(RATE)) == FLOOR_DB).all()
    assert (loudness_db(sine(1_000.0, 1e-6)) == FLOOR_DB).all()
