import numpy as np
import pytest

from whisperwave.reports.histories.history import Series
from whisperwave.reports.histories.trend import PLACES, at, noise, trend


def test_the_trend_of_a_line_is_the_line_to_its_very_ends():
    steps = np.arange(500.0)
    smooth = trend(Series(steps, 3.0 - 0.01 * steps))
    assert smooth.values == pytest.approx(3.0 - 0.01 * smooth.steps)
    assert smooth.steps[[0, -1]].tolist() == [0.0, 499.0]


def test_the_trend_of_a_noisy_curve_is_near_the_curve(generator):
    steps = np.arange(15_000.0)
    curve = 3.5 + 2 * np.exp(-steps / 2000)
    smooth = trend(Series(steps, curve + generator.normal(0, 0.5, len(steps))))
    error = smooth.values - np.interp(smooth.steps, steps, curve)
    assert np.abs(error).max() < 0.15
    assert len(smooth) == PLACES


def test_the_noise_of_a_trend_is_how_far_it_lies_from_the_truth(generator):
    steps = np.arange(1000.0)
    ends = steps[[0, 500, -1]]
    found = [Series(steps, generator.normal(0, 1.0, len(steps))) for _ in range(60)]
    real = np.std([at(each, ends) for each in found], axis=0)
    said = np.mean([noise(each, ends) for each in found], axis=0)
    assert said == pytest.approx(real, rel=0.3)
    assert said[0] > 1.5 * said[1]


def test_values_that_are_no_numbers_are_left_out():
    steps = np.arange(100.0)
    values = np.where(steps % 7 == 3, np.nan, 2.0)
    assert trend(Series(steps, values)).values == pytest.approx(2.0)


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_few_values_have_a_trend_too(count):
    series = Series(np.arange(float(count)), np.full(count, 5.0))
    assert trend(series).values == pytest.approx(np.full(count, 5.0))


def test_steps_with_a_long_gap_have_a_finite_trend():
    steps = np.array([0.0, 1.0, 2.0, 3.0, 1e9, 1e9 + 1])
    assert np.isfinite(trend(Series(steps, steps)).values).all()
