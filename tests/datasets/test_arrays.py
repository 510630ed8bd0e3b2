import hashlib

import numpy as np
import pytest

from whisperwave.datasets.arrays import ArrayWriter


def test_what_is_added_is_in_the_file_and_in_its_digest(tmp_path, generator):
    rows = generator.standard_normal((1000, 3)).astype("<f4")
    with ArrayWriter(tmp_path / "a.npy", rows.shape, "<f4") as writer:
        for part in np.array_split(rows, [10, 10, 700]):  # one of them is empty
            writer.add(part)
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), rows)
    assert writer.sha256 == hashlib.sha256((tmp_path / "a.npy").read_bytes()).hexdigest()


def test_a_row_too_few_is_noticed(tmp_path):
    with (
        pytest.raises(AssertionError, match="2 rows were added of 3"),
        ArrayWriter(tmp_path / "a.npy", (3, 1), "<i2") as writer,
    ):
        writer.add(np.zeros((2, 1), np.int16))
