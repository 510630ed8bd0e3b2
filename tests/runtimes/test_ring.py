import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whisperwave.runtimes.ring import FADE_SECONDS, Ring

RATE = 48_000
FADE = round(FADE_SECONDS * RATE)
SAMPLES = 4 * FADE


@pytest.fixture
def ring():
    return Ring(2, SAMPLES, RATE)


def ones(count):
    return np.ones((2, count), np.float32)


def read(ring, count):
    out = np.full((count, 2), np.nan, np.float32)
    ring.read(out)
    return out


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 400), st.integers(1, 200)), min_size=1, max_size=40))
def test_what_goes_in_comes_out_in_its_order(turns):
    ring, sound = Ring(1, SAMPLES, RATE), np.arange(1.0, 20_000.0, dtype=np.float32)[np.newaxis]
    written, out = 0, []
    for offered, wanted in turns:
        written += ring.write(sound[:, written : written + offered])
        if written - ring.played >= wanted + FADE:
            out.append(read(ring, wanted)[:, 0])
    ring.end()
    out.append(read(ring, written - ring.played)[:, 0])
    np.testing.assert_array_equal(np.concatenate(out), sound[0, :written])
    assert (ring.underruns, ring.missing, ring.drained) == (0, 0, True)


def test_no_more_goes_in_than_there_is_room_for(ring):
    assert ring.write(ones(SAMPLES + 100)) == SAMPLES
    assert ring.write(ones(1)) == 0
    read(ring, 100)
    assert ring.write(ones(101)) == 100


def test_sound_that_runs_out_fades_and_comes_back_fading(ring):
    ring.write(ones(FADE + 100))
    assert (read(ring, 100) == 1.0).all()
    gap = read(ring, FADE + 60)
    assert (np.diff(gap[:FADE], axis=0) < 0).all()
    assert not gap[FADE:].any()
    assert (ring.underruns, ring.missing) == (1, 60)
    ring.write(ones(SAMPLES // 2 - 1))
    assert not read(ring, 50).any()  # it waits until the ring is half full
    assert (ring.underruns, ring.missing) == (1, 110)
    ring.write(ones(FADE))
    back = read(ring, FADE + 10)
    assert (np.diff(back[:FADE], axis=0) > 0).all()
    assert (back[FADE:] == 1.0).all()
    assert (ring.underruns, ring.missing) == (1, 110)


def test_a_fade_goes_on_over_blocks_that_are_shorter(ring):
    ring.write(ones(FADE + 10))
    gap = np.concatenate([read(ring, 16) for _ in range(FADE // 16 + 2)])
    steps = np.diff(gap[:, 0])
    assert (np.abs(steps) <= 1.0 / FADE + 1e-6).all()
    assert gap[-1, 0] == 0.0
    assert ring.underruns == 1


def test_the_end_is_no_underrun(ring):
    ring.write(ones(30))
    ring.end()
    assert not ring.drained
    out = read(ring, 100)
    assert (out[:30] == 1.0).all()
    assert not out[30:].any()
    assert (ring.underruns, ring.missing, ring.drained) == (0, 0, True)


def test_stopped_it_fades_at_once_and_stays_silent(ring):
    ring.write(ones(SAMPLES))
    ring.stop()
    assert not ring.drained
    out = read(ring, FADE + 40)
    assert (np.diff(out[:FADE], axis=0) < 0).all()
    assert not out[FADE:].any()
    assert not read(ring, 40).any()
    assert (ring.underruns, ring.missing, ring.drained) == (0, 0, True)
