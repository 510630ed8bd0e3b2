import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whisperwave.library.display import LONGEST_TEXT, shown, stored


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rain.wav", "rain.wav"),
        ("Über dem Meer 🌊.ogg", "Über dem Meer 🌊.ogg"),
        ("a\nb\t.wav", "a\\nb\\t.wav"),
        ("\u202efdp.exe", "\\u202efdp.exe"),
        (b"bad\xff.wav", "bad\\xff.wav"),
        ("back\\slash", "back\\\\slash"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
    ],
)
def test_what_cannot_be_seen_is_spelt_out(name: str | bytes, text: str) -> None:
    assert shown(name) == text


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=20), st.binary(max_size=20))
def test_two_names_never_look_the_same(one: bytes, other: bytes) -> None:
    assert (shown(one) == shown(other)) == (one == other)


@settings(max_examples=60, deadline=None)
@given(st.text())
def test_any_text_is_one_printable_line(text: str) -> None:
    assert shown(text).isprintable()
    assert stored(text).isprintable()


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=30))
def test_any_bytes_become_text_that_can_be_encoded(name: bytes) -> None:
    assert shown(os.fsdecode(name)).encode("utf-8").decode("utf-8").isprintable()


def test_text_from_outside_is_cut() -> None:
    assert len(stored("x" * 1_000_000)) == LONGEST_TEXT
