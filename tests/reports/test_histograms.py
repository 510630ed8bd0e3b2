import numpy as np

from whisperwave.reports import colours, heatmaps
from whisperwave.reports.histograms import Counts, histogram
from whisperwave.reports.stacks import stacked


def covered(canvas, colour):
    return np.isclose(canvas.pixels, colour, atol=0.01).all(axis=-1)


def test_a_bar_is_as_high_as_its_count():
    counts = Counts("each", np.array([1.0, 2.0, 4.0]), colours.SOFT_BLUE)
    canvas = histogram(np.arange(4.0), [counts], "x", "y")
    heights = covered(canvas, colours.SOFT_BLUE)[74:].sum(axis=0)
    third = (1000 - 84 - 28) // 3
    found = [int(heights[84 + place * third + third // 2]) for place in range(3)]
    assert abs(found[1] - 2 * found[0]) <= 2
    assert abs(found[2] - 4 * found[0]) <= 4


def test_later_counts_are_steps_over_the_bars():
    first = Counts("first", np.array([3.0, 3.0]), colours.SOFT_BLUE)
    second = Counts("second", np.array([0.0, 2.0]), colours.AMBER)
    canvas = histogram(np.arange(3.0), [first, second], "x", "y")
    amber = covered(canvas, colours.AMBER)[80:]
    assert amber.any()
    assert not amber[:, : 84 + 400].any()


def test_the_parts_of_a_bar_lie_one_behind_the_other():
    parts = [("a", colours.SOFT_BLUE), ("b", colours.AMBER)]
    canvas = stacked({"x": {"a": 1.0, "b": 3.0}, "y": {"b": 2.0}}, parts, "min")
    first, second = 54 + 12, 54 + 36
    blue, amber = (covered(canvas, shade) for _, shade in parts)
    assert abs(3 * blue[first].sum() - amber[first].sum()) <= 4
    assert not blue[second].any()
    assert abs(2 * amber[first].sum() - 3 * amber[second].sum()) <= 4


def test_a_row_is_bright_where_its_class_is_loud_and_blank_where_it_was_not_heard():
    levels = {"low": np.array([0.0, -60.0, np.nan]), "high": np.array([-60.0, 0.0, np.nan])}
    canvas = heatmaps.spectra(levels, np.array([0.0, 0.4, 0.8, 1.0]), [(0.5, "1")])
    middle = 220 + (1000 - 220 - 110) // 5
    row = canvas.pixels[34 + 11]
    assert row[middle].sum() > 2.5
    assert row[middle + 270].sum() < 0.5
    np.testing.assert_allclose(row[1000 - 110 - 10], colours.PAPER, atol=0.01)
