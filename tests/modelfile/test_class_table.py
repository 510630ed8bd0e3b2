from typing import Any

import pytest

from whisperwave.modelfile import class_table

GOOD = {
    "name": "classes", "levels": 4, "preemphasis": 0.0,
    "values": [-1.0, -0.1, 0.1, 1.0], "edges": [-0.5, 0.0, 0.5],
}  # fmt: skip


def test_a_whole_table_has_no_fault_and_another_codec_is_none_of_its_business() -> None:
    assert class_table.fault(GOOD) is None
    assert class_table.fault({"name": "mulaw", "levels": 256}) is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"further": 1}, "expected"),
        ({"values": [-1.0, 1.0]}, "no 4 values"),
        ({"values": [-1.5, -0.1, 0.1, 1.0]}, "from -1.0 to 1.0"),
        ({"values": ["-1.0", -0.1, 0.1, 1.0]}, "no 4 values"),
        ({"values": None}, "no 4 values"),
        ({"edges": [-0.5, 0.0, 0.0]}, "do not rise"),
        ({"edges": [-0.5, 0.0, 0.5, 0.6]}, "3 edges"),
        ({"levels": 5}, "no 5 values"),
    ],
)
def test_a_broken_table_is_told_by_its_fault(change: dict[str, Any], words: str) -> None:
    assert words in str(class_table.fault(GOOD | change))
