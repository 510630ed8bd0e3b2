import numpy as np
import pytest

from whisperwave.dsp.resampling import Resampler, resample, resampled
from whisperwave.errors import ConfigError

RATES = [(44100, 16000), (48000, 22050), (16000, 44100), (8000, 48000), (192000, 16000)]


def sine(frequency_hz: float, rate: int, seconds: float = 1.0) -> np.ndarray:
    return np.sin(2 * np.pi * frequency_hz * np.arange(int(rate * seconds)) / rate)


@pytest.mark.parametrize(("from_rate", "to_rate"), RATES)
@pytest.mark.parametrize("samples", [0, 1, 2, 99, 100, 101, 31999])
def test_the_length_is_exact(from_rate: int, to_rate: int, samples: int) -> None:
    noise = np.random.default_rng(0).standard_normal((2, samples))
    expected = int(np.floor(samples * to_rate / from_rate + 0.5))
    resampled = resample(noise, from_rate, to_rate)
    assert resampled.shape == (2, expected)
    assert resampled.dtype == np.float32


@pytest.mark.parametrize(("from_rate", "to_rate"), RATES)
def test_a_sine_below_both_limits_passes_unchanged(from_rate: int, to_rate: int) -> None:
    resampled = resample(sine(1000, from_rate), from_rate, to_rate)
    middle = slice(to_rate // 4, 3 * to_rate // 4)
    np.testing.assert_allclose(resampled[middle], sine(1000, to_rate)[middle], atol=1e-4)


@pytest.mark.parametrize("frequency_hz", [8100, 11000, 20000, 47000, 90000])
def test_what_the_new_rate_cannot_hold_is_removed_and_does_not_fold_back(
    frequency_hz: float,
) -> None:
    resampled = resample(sine(frequency_hz, 192000), 192000, 16000)
    middle = resampled[4000:12000]
    assert 20 * np.log10(np.sqrt(np.mean(middle**2)) + 1e-12) < -100


def test_the_same_rate_gives_a_copy() -> None:
    audio = np.ones(10, np.float32)
    resampled = resample(audio, 48000, 48000)
    np.testing.assert_array_equal(resampled, audio)
    assert not np.shares_memory(resampled, audio)


@pytest.mark.parametrize(("from_rate", "to_rate"), [(0, 16000), (16000, -1)])
def test_a_rate_that_is_none_is_refused(from_rate: int, to_rate: int) -> None:
    with pytest.raises(ConfigError, match="is not a rate"):
        resample(np.zeros(4), from_rate, to_rate)


@pytest.mark.parametrize(("from_rate", "to_rate"), [(48_000, 44_100), (16_000, 16_000)])
def test_blocks_are_resampled_as_the_whole_is(from_rate: int, to_rate: int) -> None:
    noise = np.random.default_rng(0).standard_normal((2, 10_000)).astype(np.float32)
    blocks = np.array_split(noise, 7, axis=1)
    joined = np.concatenate(list(resampled(blocks, 2, from_rate, to_rate)), axis=1)
    whole = resample(noise, from_rate, to_rate)
    count = min(joined.shape[1], whole.shape[1])
    assert abs(joined.shape[1] - whole.shape[1]) <= 1
    np.testing.assert_allclose(joined[:, :count], whole[:, :count], atol=1e-6)


@pytest.mark.parametrize(("from_rate", "to_rate"), [(44_100, 16_000), (8_000, 44_100), (9, 9)])
@pytest.mark.parametrize("length", [1, 65_537, 200_001])
def test_a_sound_taken_block_by_block_has_the_very_bits_of_the_whole(
    from_rate: int, to_rate: int, length: int
) -> None:
    noise = np.random.default_rng(0).standard_normal((length, 2)).astype(np.float32)
    resampler = Resampler(2, from_rate, to_rate)
    for start in range(0, length, 65_536):
        resampler.take(noise[start : start + 65_536])
    np.testing.assert_array_equal(resampler.finish(), resample(noise.T, from_rate, to_rate))
