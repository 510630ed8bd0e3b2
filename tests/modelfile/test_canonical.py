import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whisperwave.errors import ModelFileError
from whisperwave.modelfile import canonical

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=8,
)


def test_keys_are_sorted_and_nothing_is_spaced() -> None:
    assert canonical.dumps({"b": [1, 2.5], "a": {"z": None}}) == '{"a":{"z":null},"b":[1,2.5]}'


def test_the_text_is_ascii() -> None:
    assert canonical.dumps("µ-law – soft") == '"\\u00b5-law \\u2013 soft"'


def test_the_order_in_which_keys_came_does_not_matter() -> None:
    assert canonical.dumps({"a": 1, "b": 2}) == canonical.dumps({"b": 2, "a": 1})


@settings(max_examples=40, deadline=None)
@given(JSON)
def test_what_is_written_reads_back_exactly(value: Any) -> None:
    text = canonical.dumps(value)
    assert text.isascii()
    assert canonical.loads(text, "it") == value
    assert canonical.dumps(canonical.loads(text, "it")) == text


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, {1: 2}, {"a": object()}, b"bytes", 2**63, {"a": [1, {2}]}]
)
def test_what_json_cannot_hold_is_refused(value: Any) -> None:
    with pytest.raises(ModelFileError) as caught:
        canonical.dumps(value)
    assert caught.value.code == "MODEL_NOT_JSON"


def test_a_refusal_names_the_place() -> None:
    with pytest.raises(ModelFileError, match=r"provenance\.losses\[1\] is nan"):
        canonical.dumps({"provenance": {"losses": [0.5, math.nan]}})


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"a":1,"a":1}', "MODEL_DUPLICATE_KEY"),
        ("NaN", "MODEL_NOT_FINITE"),
        ("-Infinity", "MODEL_NOT_FINITE"),
        ("1e400", "MODEL_NOT_FINITE"),
        ("1" * 21, "MODEL_BAD_JSON"),
        ('"\\udfff"', "MODEL_BAD_JSON"),
        ("[" * 100_000, "MODEL_BAD_JSON"),
        ("", "MODEL_BAD_JSON"),
        ("1 2", "MODEL_BAD_JSON"),
    ],
)
def test_loose_json_is_refused(text: str, code: str) -> None:
    with pytest.raises(ModelFileError) as caught:
        canonical.loads(text, "the header")
    assert caught.value.code == code


def test_negative_zero_keeps_its_sign() -> None:
    assert math.copysign(1, json.loads(canonical.dumps(-0.0))) == -1
