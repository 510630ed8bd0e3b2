import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whisperwave.dsp.emphasis import deemphasise, emphasise
from whisperwave.errors import ConfigError


def plain_loop(audio: np.ndarray, coefficient: float) -> np.ndarray:
    out, last = np.empty_like(audio), 0.0
    for n, sample in enumerate(audio):
        last = out[n] = sample + coefficient * last
    return out


@settings(max_examples=60, deadline=None)
@given(
    length=st.sampled_from([0, 1, 2, 63, 64, 65, 127, 128, 129, 4095, 4096, 4097, 10000]),
    coefficient=st.floats(-0.9999, 0.9999),
)
def test_blocks_equal_the_plain_loop(length: int, coefficient: float) -> None:
    audio = np.random.default_rng(length).standard_normal(length)
    expected = plain_loop(audio, coefficient)
    scale = np.abs(expected).max(initial=1.0)
    np.testing.assert_allclose(deemphasise(audio, coefficient), expected, atol=1e-11 * scale)


@pytest.mark.parametrize("coefficient", [0.0, 0.5, 0.85, 0.97, -0.9])
def test_each_undoes_the_other(coefficient: float) -> None:
    audio = np.random.default_rng(1).standard_normal((2, 5000))
    there_and_back = deemphasise(emphasise(audio, coefficient), coefficient)
    back_and_there = emphasise(deemphasise(audio, coefficient), coefficient)
    np.testing.assert_allclose(there_and_back, audio, atol=1e-12)
    np.testing.assert_allclose(back_and_there, audio, atol=1e-12)


def test_float32_stays_float32_and_the_input_stays_as_it_was() -> None:
    audio = np.ones(100, np.float32)
    assert emphasise(audio, 0.5).dtype == np.float32
    assert deemphasise(audio, 0.0).dtype == np.float32
    np.testing.assert_array_equal(audio, 1.0)


def test_the_first_sample_has_nothing_before_it() -> None:
    np.testing.assert_array_equal(emphasise(np.array([1.0, 1.0, 1.0]), 0.75), [1.0, 0.25, 0.25])


@pytest.mark.parametrize("coefficient", [1.0, -1.0, float("nan")])
def test_an_unstable_filter_is_refused(coefficient: float) -> None:
    with pytest.raises(ConfigError, match="BAD_EMPHASIS"):
        deemphasise(np.zeros(4), coefficient)
