import numpy as np
import pytest

from whisperwave.reports.scales import Scale


def test_every_value_lies_between_the_ends():
    scale = Scale.of([np.array([3.0, 7.0]), np.array([5.0, np.nan])], margin=0.1)
    assert 0.0 < scale.at(3.0) < scale.at(5.0) < scale.at(7.0) < 1.0


def test_a_scale_of_one_value_has_it_in_the_middle():
    for value in (0.0, 5.0, -1e9, 1e-12):
        assert Scale.of([np.array([value])]).at(value) == pytest.approx(0.5)


def test_a_scale_of_nothing_is_from_zero_to_one():
    assert Scale.of([np.array([]), np.array([np.nan])]) == Scale(0.0, 1.0)


def test_a_scale_from_zero_begins_there():
    assert Scale.of([np.array([3.0, 7.0])], zero=True).at(0.0) == 0.0


def test_decades_are_evenly_spaced():
    scale = Scale.of([np.array([1.0, 1000.0])], decades=True)
    assert np.diff([scale.at(v) for v in (1.0, 10.0, 100.0, 1000.0)]) == pytest.approx(1 / 3)


def test_ticks_of_decades_are_round_and_not_too_many():
    for high in (2.0, 30.0, 1e6):
        marks = Scale.of([np.array([1.0, high])], margin=0.05, decades=True).ticks(8)
        assert 1 <= len(marks) <= 8
        assert all(label.strip("0.") in {"1", "2", "3", "5"} for _, label in marks)
