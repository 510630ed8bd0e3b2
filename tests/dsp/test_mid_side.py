import numpy as np

from whisperwave.dsp.mid_side import left_right, mid_side


def test_there_and_back_is_the_same_sound(generator):
    audio = generator.uniform(-1, 1, (2, 1000)).astype(np.float32)
    there = mid_side(audio)
    assert np.abs(there).max() <= 1.0
    np.testing.assert_allclose(left_right(there), audio, atol=1e-7)


def test_what_is_alike_on_both_sides_is_all_middle(generator):
    one = generator.standard_normal(100).astype(np.float32)
    middle, side = mid_side(np.stack([one, one]))
    np.testing.assert_array_equal(middle, one)
    np.testing.assert_array_equal(side, 0.0)
