"""Both forms of Philox4x32-10 against its authors' known answers (Random123, kat_vectors)."""

import pytest

from whisperwave import _engine
from whisperwave.runtimes import philox

KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((2**32 - 1,) * 4, (2**32 - 1,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN)
def test_numpy_and_engine_give_the_known_answers(counter, key, answer):
    assert philox.philox4x32(counter, key) == answer
    assert tuple(_engine.philox4x32(counter, key)) == answer


def test_bits_are_those_of_the_counter_that_the_design_states():
    seed, stream, position = 0x0000000500000003, 0x0000000B00000007, 0x0000001300000011
    assert (
        philox.random_bits(seed, stream, position)
        == (philox.philox4x32((0x11, 0x13, 0x7, 0xB), (3, 5))[0])
    )
