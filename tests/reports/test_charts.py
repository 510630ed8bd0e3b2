import numpy as np
import pytest

from whisperwave.reports import charts, colours
from whisperwave.reports.charts import Curve, Marks, Point, thinned

STEPS = np.arange(100.0)


def _coloured(canvas, colour):
    """Which pixels have a colour, or nearly, [height, width]."""
    return (np.abs(canvas.pixels - np.asarray(colour)) < 0.25).all(-1)


def test_a_rising_curve_rises_to_the_right():
    drawn = _coloured(charts.curves([Curve("loss", STEPS, STEPS)], "step", "loss"), colours.BLUE)
    rows = [np.flatnonzero(drawn[74:320, column]).mean() for column in (200, 500, 900)]
    assert rows[0] > rows[1] > rows[2]


def test_a_gap_in_the_values_is_a_gap_in_the_curve():
    values = STEPS.copy()
    values[40:60] = np.nan
    drawn = _coloured(charts.curves([Curve("loss", STEPS, values)], "step", "loss"), colours.BLUE)
    inside = drawn[80:320]
    assert inside[:, 300].any()
    assert not inside[:, 480:540].any()


def test_a_lone_value_and_a_constant_are_drawn():
    for values in (np.array([3.0]), np.full(5, 3.0), np.array([np.nan, 3.0, np.nan])):
        places = np.arange(len(values), dtype=float)
        canvas = charts.curves([Curve("loss", places, values)], "step", "loss")
        assert _coloured(canvas, colours.BLUE)[80:320, 100:].any()


def test_marks_stand_where_they_belong():
    marks = Marks("other machine", (50.0,), colours.AMBER, dashed=True)
    canvas = charts.curves([Curve("loss", STEPS, STEPS)], "step", "loss", [marks])
    columns = np.flatnonzero(_coloured(canvas, colours.AMBER)[80:320].any(axis=0))
    middle = 84 + (1000 - 84 - 28) * 50.0 / 99.0
    assert abs(columns.mean() - middle) < 1.5


def test_an_outlier_does_not_flatten_the_rest():
    values = np.append(np.linspace(1.0, 2.0, 2000), 1e6)
    places = np.arange(len(values), dtype=float)
    drawn = _coloured(charts.curves([Curve("s", places, values)], "step", "s"), colours.BLUE)
    rows = np.flatnonzero(drawn[74:320].any(axis=1))
    assert np.ptp(rows) > 150


def test_names_stay_on_the_sheet_on_both_sides():
    points = [Point("the first of all names", 1.0, 0.1), Point("the last of all names", 999.0, 0.9)]
    pixels = charts.scatter(points, "minutes", "score", decades=True).pixels
    assert (pixels[:, :2] == colours.PAPER).all()
    assert (pixels[:, -2:] == colours.PAPER).all()


def test_names_of_neighbours_are_not_written_over_each_other():
    alone = [Point(name, x, 1.0) for name, x in (("techno", 2.6), ("classical", 2.9))]
    far, near = ([point, Point("edge", 0.1, 0.0)] for point in alone)
    both = _inked(charts.scatter([*alone, Point("edge", 0.1, 0.0)], "minutes", "score"))
    apart = [_inked(charts.scatter(points, "minutes", "score")) for points in (far, near)]
    axes = _inked(charts.scatter([Point("edge", 0.1, 0.0)], "minutes", "score"))
    assert both > 0.98 * (sum(apart) - axes)


def _inked(canvas):
    return (canvas.pixels[:300] != colours.PAPER).any(axis=-1).sum()


@pytest.mark.parametrize("count", [1, 2, 50, 5000])
def test_a_thinned_path_keeps_its_ends_and_its_extremes(count, generator):
    columns = np.linspace(0.0, 100.0, count)
    path = np.stack([columns, generator.normal(size=count)], axis=-1)
    kept = thinned(path)
    assert len(kept) <= max(4 * 101, 1)
    assert (kept[[0, -1]] == path[[0, -1]]).all()
    assert {*path[[path[:, 1].argmin(), path[:, 1].argmax()], 1]} <= {*kept[:, 1]}
    assert (np.diff(kept[:, 0]) >= 0).all()
