import numpy as np
import pytest

from whisperwave.reports import axes, lettering


@pytest.mark.parametrize(
    ("low", "high", "at_most", "expected"),
    [
        (0, 12, 12, [*range(13)]),
        (0, 20, 12, [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20]),
        (-0.5, 0.5, 4, [-0.5, 0, 0.5]),
        (-90, -10, 8, [-90, -80, -70, -60, -50, -40, -30, -20, -10]),
        (0, 0.3, 3, [0, 0.1, 0.2, 0.3]),
    ],
)
def test_ticks_are_round_numbers(
    low: float, high: float, at_most: int, expected: list[float]
) -> None:
    assert axes.ticks(low, high, at_most) == pytest.approx(expected)


@pytest.mark.parametrize("duration", [1e-5, 0.013, 0.7, 59.9, 61, 3601, 86_400])
def test_any_duration_has_a_few_ticks_inside(duration: float) -> None:
    found = axes.ticks(0.0, duration, 12)
    assert 3 <= len(found) <= 13
    assert found[-1] <= duration * 1.000001


def test_a_label_is_short_and_has_a_true_minus() -> None:
    assert [axes.label(value) for value in (-0.5, 3.0, 0.1 + 0.2)] == ["−0.5", "3", "0.3"]


def test_every_number_and_title_can_be_written() -> None:
    for text in ("−0.123456789", "kHz", "dBFS", "seconds", "left", "right", "level", "1e−05"):
        shapes, width = lettering.strokes(text)
        assert width > 0
        assert np.concatenate(shapes)[:, 0].max() <= width + 0.1


def test_an_accent_is_left_out_and_an_unknown_letter_is_a_box() -> None:
    (cafe, width), (plain, same) = lettering.strokes("Café"), lettering.strokes("Cafe")
    assert width == same
    assert all(np.array_equal(one, other) for one, other in zip(cafe, plain, strict=True))
    assert lettering.strokes("日")[0][0].shape == (5, 2)


def test_every_printable_sign_of_ascii_has_a_letter() -> None:
    box = lettering.strokes("日")[0]
    for sign in map(chr, range(33, 127)):
        assert not np.array_equal(lettering.strokes(sign)[0][0], box[0]), sign
