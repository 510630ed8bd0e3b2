import numpy as np
import pytest

from whisperwave.reports import colours, shares

MINUTES = {"hum": 10.0, "hiss": 30.0, "pulse": 60.0}


def _area(canvas, colour):
    return (np.abs(canvas.pixels[:, :330] - np.asarray(colour)) < 0.02).all(-1).sum()


def test_the_sectors_of_a_pie_are_as_large_as_their_shares():
    canvas = shares.pie(MINUTES, "min")
    areas = np.array([_area(canvas, colour) for colour in colours.different(3)])
    assert areas / areas.sum() == pytest.approx([0.6, 0.3, 0.1], abs=0.01)


def test_one_class_is_a_whole_pie():
    canvas = shares.pie({"hum": 3.0, "hiss": 0.0}, "min")
    assert _area(canvas, colours.different(2)[0]) == pytest.approx(np.pi * 140**2, rel=0.02)


def test_the_smallest_of_many_classes_are_one():
    many = {f"class {n}": float(n) for n in range(1, 31)}
    parts = shares.largest(many, shares.MOST_SECTORS)
    assert len(parts) == shares.MOST_SECTORS
    assert next(iter(parts)) == "class 30"
    assert parts["19 others"] == sum(range(1, 20))
    assert sum(parts.values()) == sum(many.values())


def test_bars_are_as_long_as_their_amounts():
    pixels = shares.bars(MINUTES, "minutes").pixels
    soft = (np.abs(pixels - np.asarray(colours.SOFT_BLUE)) < 0.02).all(-1)
    lengths = [soft[24 + 24 * row + 12].sum() for row in range(3)]
    assert np.array(lengths) / lengths[2] == pytest.approx([1 / 6, 0.5, 1.0], abs=0.01)


def test_amounts_are_written_with_the_digits_that_matter():
    assert [shares.rounded(x) for x in (7366.2, 100.4, 99.44, 0.01234, 0.0)] == [
        "7,366", "100", "99.4", "0.0123", "0",
    ]  # fmt: skip


def test_names_of_any_language_and_length_are_drawn():
    odd = {"日本の音楽": 2.0, "Größe": 1.0, "x" * 200: 3.0, "": 0.5, "a\nb": 1.0}
    for picture in (shares.pie, shares.bars):
        pixels = picture(odd, "min").pixels
        assert (pixels[:, :1] == colours.PAPER).all()
        assert (pixels[:, -1:] == colours.PAPER).all()
