import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whisperwave.library import json_stream
from whisperwave.library.json_stream import read_object

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


def read(text, long="items"):
    """The elements that came one by one, and the object with them in their place again."""
    elements, stream = [], read_object(io.StringIO(text), long)
    while True:
        try:
            elements.append(next(stream))
        except StopIteration as end:
            return elements, end.value


@given(
    st.dictionaries(st.text(max_size=5), values, max_size=3),
    st.lists(values, max_size=6),
    st.dictionaries(st.sampled_from("xyz"), values, max_size=3),
    st.sampled_from([None, 0, 3]),
    st.integers(1, 40),
)
@settings(max_examples=200, deadline=None)
def test_it_reads_what_a_whole_reader_reads(before, items, after, indent, window):
    whole = {**before, "items": items, **after}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "_WINDOW", window)
        elements, rest = read(f" {json.dumps(whole, indent=indent)}\n")
    assert rest.pop("items", None) == []
    assert rest == {key: value for key, value in whole.items() if key != "items"}
    assert elements == items


@given(st.text(alphabet='{}[],:"items0 1.tnul', max_size=30))
@settings(max_examples=300, deadline=None)
def test_what_a_whole_reader_refuses_is_refused(text):
    try:
        whole = json.loads(text)
    except ValueError:
        whole = None
    try:
        elements, rest = read(text)
    except ValueError:
        assert not isinstance(whole, dict) or _has_twins(text)
    else:
        assert whole == ({**rest, "items": elements} if rest.get("items") == [] else rest)


def _has_twins(text):
    """Whether a key stands twice somewhere, which a whole reader allows."""
    found = []
    json.loads(text, object_pairs_hook=lambda pairs: found.append(len(pairs) != len(dict(pairs))))
    return any(found)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "{ is missing, at character 0"),
        ("[]", "{ is missing, at character 0"),
        ('{"a":1', ", or } is missing, at character 6"),
        ('{"items":[1,2', ", or ] is missing, at character 13"),
        ('{"items":[1,]}', "Expecting value, at character 12"),
        ('{"items":[1]} x', "something follows it, at character 14"),
        ('{"a":1,"a":2}', "'a' stands twice"),
        ('{"items":[{"b":1,"b":2}]}', "a key stands twice"),
        ('{"items":[NaN]}', "the number NaN"),
        ("{1:2}", "a name is missing"),
    ],
)
def test_an_error_says_what_and_where(text, why):
    with pytest.raises(ValueError, match=why.replace("{", r"\{").replace("]", r"\]")):
        read(text)


def test_elements_come_before_the_rest_is_read():
    class Endless(io.StringIO):
        def read(self, size=-1):
            return "1," * size

    stream = read_object(_Behind('{"items":[', Endless()), "items")
    assert [next(stream) for _ in range(1000)] == [1] * 1000


class _Behind:
    """A text, and another behind it."""

    def __init__(self, first, rest):
        self._first, self._rest = first, rest

    def read(self, size):
        first, self._first = self._first, ""
        return first or self._rest.read(size)


def test_an_element_longer_than_the_window_is_read_in_few_goes():
    long = json.dumps({"items": ["x" * 3_000_000]})
    reads = []

    class Counted(io.StringIO):
        def read(self, size=-1):
            reads.append(size)
            return super().read(size)

    stream = read_object(Counted(long), "items")
    assert len(next(stream)) == 3_000_000
    assert len(reads) < 20
