import threading

import numpy as np
import pytest

from whisperwave.dsp.blocks import made_ahead, only_first, recut, without_first

SOUND = np.arange(60.0, dtype=np.float32).reshape(2, 30)


def in_blocks(*sizes):
    return iter(np.split(SOUND, np.cumsum(sizes), axis=1))


@pytest.mark.parametrize("size", [1, 4, 7, 30, 100])
@pytest.mark.parametrize("sizes", [(), (1,), (3, 0, 9), (7, 14)])
def test_a_sound_is_cut_anew_without_a_gap(size, sizes):
    blocks = list(recut(in_blocks(*sizes), size))
    assert {block.shape[1] for block in blocks[:-1]} <= {size}
    np.testing.assert_array_equal(np.concatenate(blocks, axis=1), SOUND)


@pytest.mark.parametrize("count", [0, 1, 5, 30])
def test_the_first_samples_are_left_out_or_are_all_there_is(count):
    rest = [*without_first(in_blocks(3, 9), count), SOUND[:, :0]]
    np.testing.assert_array_equal(np.concatenate(rest, axis=1), SOUND[:, count:])
    if count:
        first = list(only_first(in_blocks(3, 9), count))
        np.testing.assert_array_equal(np.concatenate(first, axis=1), SOUND[:, :count])


def test_nothing_is_asked_for_beyond_the_first_samples():
    def endless():
        yield SOUND
        raise AssertionError("one block was enough")

    assert len(list(only_first(endless(), 30))) == 1


def test_things_made_ahead_come_in_their_order_from_another_thread():
    makers = set()

    def things():
        for number in range(20):
            makers.add(threading.current_thread())
            yield number

    assert list(made_ahead(things(), 3)) == list(range(20))
    assert threading.current_thread() not in makers


def test_no_more_are_made_ahead_than_was_said():
    made = []

    def things():
        for number in range(20):
            made.append(number)
            yield number

    ahead = made_ahead(things(), 3)
    assert next(ahead) == 0
    ahead.close()
    assert len(made) <= 4


def test_an_error_in_the_making_reaches_who_asks():
    def things():
        yield 1
        raise ValueError("no two")

    ahead = made_ahead(things(), 3)
    assert next(ahead) == 1
    with pytest.raises(ValueError, match="no two"):
        next(ahead)


def test_when_nobody_wants_more_the_thread_is_gone():
    before = threading.active_count()
    ahead = made_ahead(iter(range(1_000)), 3)
    next(ahead)
    ahead.close()
    assert threading.active_count() == before
