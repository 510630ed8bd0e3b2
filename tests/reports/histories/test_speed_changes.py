import numpy as np
import pytest

from whisperwave.reports.histories.history import Series
from whisperwave.reports.histories.speed import WINDOW, lasting_changes


def seconds(generator, *stays: tuple[int, float], spread: float = 0.05) -> Series:
    values = np.concatenate([np.full(count, each) for count, each in stays])
    noise = np.exp(generator.normal(0, spread, len(values)))
    return Series(np.arange(float(len(values))), values * noise)


def test_a_lasting_change_is_found_where_it_is(generator):
    found = lasting_changes(seconds(generator, (343, 184), (527, 220), (5000, 30.5)))
    assert found == pytest.approx((343, 870), abs=3)


def test_a_steady_speed_has_no_change(generator):
    assert lasting_changes(seconds(generator, (5000, 30.5), spread=0.2)) == ()


def test_slow_steps_and_a_short_pause_are_no_change(generator):
    series = seconds(generator, (400, 30.0), (WINDOW // 4, 300.0), (400, 30.0))
    series.values[::50] *= 1.5
    assert lasting_changes(series) == ()


def test_a_small_change_is_none(generator):
    assert lasting_changes(seconds(generator, (500, 30.0), (500, 32.0), spread=0.001)) == ()


def test_few_steps_and_odd_values_say_nothing():
    for values in (np.empty(0), np.ones(5), np.zeros(400), np.full(400, np.nan)):
        assert lasting_changes(Series(np.arange(float(len(values))), values)) == ()
