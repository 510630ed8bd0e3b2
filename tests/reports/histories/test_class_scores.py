import numpy as np
import pytest

from whisperwave.errors import ConfigError
from whisperwave.reports.histories.classes import (
    minutes_of_set,
    rank_correlation,
    scores_of,
    times_of,
)


def test_the_scores_are_those_of_a_style_evaluation():
    assert scores_of({"top1": 0.9, "per_style": {"hum": 1.0, "hiss": 0.8, "odd": None}}) == {
        "hum": 1.0,
        "hiss": 0.8,
    }


@pytest.mark.parametrize("other", [{}, [], 3, {"per_style": {}}, {"per_style": {"hum": "good"}}])
def test_anything_else_is_refused(other):
    with pytest.raises(ConfigError) as refusal:
        scores_of(other)
    assert refusal.value.code == "NO_SCORES"


def test_the_times_are_those_of_a_grids_cells():
    cells = [{"class": "hum", "elapsed_seconds": 2.5}, {"elapsed_seconds": None}, 3]
    assert times_of({"cells": cells}) == [2.5]


@pytest.mark.parametrize("other", [{}, [], {"cells": 3}, {"cells": []}, {"cells": [{}]}])
def test_a_grid_without_times_is_refused(other):
    with pytest.raises(ConfigError) as refusal:
        times_of(other)
    assert refusal.value.code == "NO_TIMES"


def test_the_minutes_of_a_set_are_in_its_manifest():
    assert minutes_of_set({"train_minutes": {"hum": 2.5, "hiss": 0}}) == {"hum": 2.5}
    for other in ({}, [], {"train_minutes": {}}, {"train_minutes": {"hum": "long"}}):
        with pytest.raises(ConfigError) as refusal:
            minutes_of_set(other)
        assert refusal.value.code == "NO_MINUTES"


def test_ranks_agree_whatever_the_scale():
    minutes = np.array([1.0, 10.0, 100.0, 1000.0])
    assert rank_correlation(minutes, np.log(minutes)) == pytest.approx(1.0)
    assert rank_correlation(minutes, -minutes) == pytest.approx(-1.0)


def test_equal_values_share_their_rank():
    one, other = np.array([1.0, 2.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0, 4.0])
    by_hand = np.corrcoef([1.0, 2.5, 2.5, 4.0], [1.0, 3.0, 2.0, 4.0])[0, 1]
    assert rank_correlation(one, other) == pytest.approx(by_hand)


def test_what_cannot_be_ranked_has_no_correlation():
    assert rank_correlation(np.array([1.0, 2.0]), np.array([1.0, 2.0])) is None
    assert rank_correlation(np.ones(5), np.arange(5.0)) is None
