from dataclasses import dataclass
from typing import Literal

import pytest

from whisperwave.errors import ConfigError
from whisperwave.mappings import from_mapping


@dataclass(frozen=True)
class Part:
    name: str


@dataclass(frozen=True)
class Whole:
    rate: int
    parts: tuple[Part, ...] = ()
    share: float = 0.5
    kind: Literal["a", "b"] = "a"
    seconds: float | None = None
    exact: bool = False


def test_a_dataclass_is_filled_with_the_dataclasses_in_it():
    filled = from_mapping(Whole, {"rate": 3, "parts": [{"name": "x"}], "share": 1, "kind": "b"})
    assert filled == Whole(3, (Part("x"),), 1.0, "b")
    assert isinstance(filled.share, float)


def test_a_value_that_may_be_none_may_be_a_number_too():
    assert from_mapping(Whole, {"rate": 3, "seconds": 2}).seconds == 2.0
    assert from_mapping(Whole, {"rate": 3, "seconds": None}).seconds is None


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "missing=['rate']"),
        ({"rate": 3, "rat": 4}, "unknown=['rat']"),
        ({"rate": "3"}, "Whole.rate is '3'"),
        ({"rate": True}, "Whole.rate is True"),
        ({"rate": 3, "exact": 1}, "Whole.exact is 1"),
        ({"rate": 3, "share": "x"}, "Whole.share is 'x'"),
        ({"rate": 3, "kind": "c"}, "Whole.kind is 'c'"),
        ({"rate": 3, "parts": "x"}, "Whole.parts is 'x'"),
        ({"rate": 3, "parts": ["x"]}, "Whole.parts[0] is 'x'"),
        ({"rate": 3, "parts": [{"nam": "x"}]}, "Whole.parts[0]: unknown=['nam']"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(values, said):
    with pytest.raises(ConfigError) as refusal:
        from_mapping(Whole, values)
    assert refusal.value.code == "BAD_SETTINGS"
    assert said in refusal.value.message
