"""A text becomes classes, and its end is kept aside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whisperwave.errors import TrainingError
from whisperwave.training.material.texts import UNKNOWN, read_text


def back(text):
    """The text that the classes stand for."""
    return "".join(text.symbols[c] for c in text.sounds.samples)


def written(folder, text):
    path = folder / "book.txt"
    path.write_text(text, encoding="utf-8", newline="")
    return path


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), min_size=2))
def test_classes_say_the_text_again(tmp_path_factory, text):
    if len(set(text)) < 2:
        return
    path = written(tmp_path_factory.mktemp("text"), text)
    read = read_text(path, 0.1, 65_536)
    assert back(read) == text
    assert len(set(read.symbols)) == len(read.symbols) == len(set(text))


def test_the_end_is_kept_aside_and_nothing_is_in_both_parts(tmp_path):
    read = read_text(written(tmp_path, "abcdefghij" * 10), 0.25, 256)
    assert read.sounds.samples.dtype == "i2"
    assert [(e.split, e.start, e.stop) for e in read.sounds.excerpts] == [
        ("train", 0, 75), ("validation", 75, 100),
    ]  # fmt: skip


def test_of_too_many_symbols_the_most_frequent_are_kept(tmp_path):
    read = read_text(written(tmp_path, "aaaabbbbccdd efg"), 0.0, 4)
    assert set(read.symbols) == {"a", "b", "c", UNKNOWN} or set(read.symbols) == {
        "a", "b", "d", UNKNOWN,
    }  # fmt: skip
    assert back(read).count(UNKNOWN) == 6


def test_a_text_begins_after_a_line_s_end(tmp_path):
    assert read_text(written(tmp_path, "b\na"), 0.0, 256).symbols[0] == "\n"


@pytest.mark.parametrize("content", [b"", b"a", b"aaa", b"\xff\xfe\x00a"])
def test_what_is_no_text_is_refused(tmp_path, content):
    path = tmp_path / "book.txt"
    path.write_bytes(content)
    with pytest.raises(TrainingError, match="NO_TEXT"):
        read_text(path, 0.1, 256)


def test_a_missing_text_is_refused(tmp_path):
    with pytest.raises(TrainingError, match="NO_TEXT"):
        read_text(tmp_path / "none.txt", 0.1, 256)
