"""Tables for a reader."""

import pytest

from whisperwave.benchmarks.measuring import tables

COLUMNS = (
    tables.text("way", "way"),
    tables.number("rate", "rate"),
    tables.number("share", "share", 100, " %"),
)
ROWS = [{"way": "fast", "rate": 58382.9, "share": 0.5486}, {"way": "a", "rate": 3, "share": None}]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (7.24, "7.24"),
        (0.0000689, "0.0000689"),
        (1299.4, "1,299"),
        (16, "16"),
    ],
)
def test_a_number_has_three_digits_that_count_or_all_before_the_point(value, written):
    assert tables.significant(value) == written


def test_a_terminal_gets_words_to_the_left_and_numbers_to_the_right():
    assert tables.aligned(COLUMNS, ROWS).splitlines() == [
        "way     rate   share",
        "fast  58,383  54.9 %",
        "a          3       –",
    ]


def test_a_page_gets_the_same_cells_between_bars():
    assert tables.markdown(COLUMNS, ROWS).splitlines() == [
        "| way | rate | share |",
        "| --- | --: | --: |",
        "| fast | 58,383 | 54.9 % |",
        "| a | 3 | – |",
    ]
