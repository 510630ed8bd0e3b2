import numpy as np
import pytest

from whisperwave.reports import colours
from whisperwave.reports.canvas import Canvas

INK = (0.0, 0.0, 0.0)


def darkness(canvas: Canvas) -> np.ndarray:
    """How much of each pixel is covered by ink, [height, width]."""
    return 1.0 - canvas.pixels[..., 0] / colours.PAPER[0]


def test_a_line_covers_its_length_times_its_width() -> None:
    canvas = Canvas(100, 60)
    canvas.line(np.array([[10.0, 30.0], [90.0, 30.0]]), INK, width=3.0)
    assert darkness(canvas).sum() == pytest.approx(80 * 3.0, rel=0.05)


def test_a_line_is_no_darker_where_it_meets_itself() -> None:
    canvas = Canvas(60, 60)
    canvas.line(np.array([[5.0, 30.0], [55.0, 30.0], [5.0, 30.0], [55.0, 30.0]]), INK, width=0.5)
    once = Canvas(60, 60)
    once.line(np.array([[5.0, 30.0], [55.0, 30.0]]), INK, width=0.5)
    np.testing.assert_allclose(canvas.pixels, once.pixels)


def test_what_lies_beside_the_sheet_is_not_drawn() -> None:
    canvas = Canvas(40, 30)
    canvas.line(np.array([[-20.0, 15.0], [60.0, 15.0]]), INK)
    assert (darkness(canvas)[15] > 0.5).all()
    for outside in ([[-9.0, -9.0], [-5.0, -9.0]], [[50.0, 40.0], [60.0, 50.0]]):
        beside = Canvas(40, 30)
        beside.line(np.array(outside), INK)
        assert not darkness(beside).any()


def test_nothing_is_drawn_of_no_points_and_a_dot_of_one() -> None:
    canvas = Canvas(40, 30)
    canvas.line(np.empty((0, 2)), INK)
    assert not darkness(canvas).any()
    canvas.dot(20.0, 15.0, 5.0, INK)
    assert darkness(canvas).sum() == pytest.approx(np.pi * 25, rel=0.05)
