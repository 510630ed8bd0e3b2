import numpy as np
import pytest

from whisperwave.datasets.intake import Intake, mixed
from whisperwave.errors import AudioError


def blocks(samples, size=700):
    return [samples[start : start + size] for start in range(0, len(samples), size)]


def taken(samples, channels=1, seconds=None, size=700):
    intake = Intake(channels, 16_000, seconds)
    for block in blocks(samples, size):
        intake.hear(block, 44_100)
    return intake


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("have", [1, 2, 6])
def test_how_a_sound_is_cut_into_blocks_changes_no_bit(generator, channels, have):
    samples = generator.integers(-(2**15), 2**15, (5000, have)).astype(np.int16)
    one, many = taken(samples, channels, size=5000), taken(samples, channels)
    whole = one.finish()
    np.testing.assert_array_equal(whole, many.finish())
    assert (one.peak, one.clipped) == (many.peak, many.clipped)
    assert whole.shape[0] == channels


@pytest.mark.parametrize("channels", [1, 2])
def test_whole_numbers_are_heard_as_the_floats_that_they_stand_for(generator, channels):
    samples = generator.integers(-(2**15), 2**15, (5000, 2)).astype(np.int16)
    floats = samples.astype(np.float32) / 2**15
    one, other = taken(samples, channels), taken(floats, channels)
    np.testing.assert_array_equal(one.finish(), other.finish())
    assert (one.peak, one.clipped) == (other.peak, other.clipped)
    assert one.peak == np.abs(floats).max()


@pytest.mark.parametrize("have", [1, 2, 3, 6])
def test_one_channel_is_the_mean_of_all_to_the_last_bit(generator, have):
    samples = generator.standard_normal((999, have)).astype(np.float32)
    np.testing.assert_array_equal(mixed(samples, 1)[:, 0], samples.T.copy().mean(axis=0))


def test_what_lies_behind_the_cap_is_not_heard(generator):
    samples = 0.1 * generator.standard_normal((44_100, 1)).astype(np.float32)
    samples[30_000] = 1.0
    early = taken(samples, seconds=0.5)
    assert early.finish().shape == (1, 8_000)
    assert early.peak < 1.0 == taken(samples).peak
    assert early.clipped == 0.0 < taken(samples).clipped


def test_what_was_never_heard_is_silent():
    with pytest.raises(AudioError, match="SILENT"):
        Intake(1, 16_000, None).finish()
