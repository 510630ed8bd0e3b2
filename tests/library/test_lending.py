"""Lent clips sound as they do in the library, wherever they are sent."""

import pickle

import numpy as np
import pytest

from whisperwave.errors import LibraryError


def test_a_lent_clip_is_the_clip(library):
    lent = pickle.loads(pickle.dumps(library.lend([2, 3])))
    for number in (2, 3):
        assert lent.clip(number) == library.clip(number)
        assert np.array_equal(lent.audio(number).samples, library.audio(number).samples)


def test_a_clip_that_has_gone_since_is_told(library, tmp_path):
    source = library.path(1)
    (tmp_path / "own.wav").write_bytes(source.read_bytes() + b"tail")
    number = library.add(tmp_path / "own.wav").clip.number
    lent = library.lend([number])
    library.delete(number)
    with pytest.raises(LibraryError, match="CLIP_MISSING"):
        lent.audio(number)


def test_what_is_not_there_is_not_lent(library):
    with pytest.raises(LibraryError, match="NO_SUCH_CLIP"):
        library.lend([999])
