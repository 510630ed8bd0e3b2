import numpy as np
import pytest

from whisperwave.dsp.pitch import (
    CANDIDATES,
    find_candidates,
    normalised_difference,
    refined,
)

RATE = 16_000


def frame(hz, samples=1024):
    return np.sin(2 * np.pi * hz * np.arange(samples) / RATE)[None]


def plain_difference(audio, most_lag):
    """YIN's steps 2 and 3 as the paper has them, over the symmetric window."""
    raw = [
        np.mean((audio[lag:] - audio[: len(audio) - lag]) ** 2) for lag in range(1, most_lag + 1)
    ]
    return np.array([1.0] + [raw[n] / np.mean(raw[: n + 1]) for n in range(most_lag)])


def test_the_fast_difference_is_the_plain_one(generator):
    audio = generator.standard_normal(300)
    fast = normalised_difference(audio[None], 120)[0]
    np.testing.assert_allclose(fast, plain_difference(audio, 120), atol=1e-4)


def test_what_repeats_differs_by_nothing_after_its_period():
    difference = normalised_difference(frame(160.0), 250)[0]
    assert difference[100] < 1e-4
    assert difference[200] < 1e-4
    assert difference[50] > 1.0


def test_silence_differs_from_itself_as_noise_does():
    np.testing.assert_array_equal(normalised_difference(np.zeros((2, 1024)), 250), 1.0)


def test_the_first_of_equal_dips_has_nearly_all_the_weight():
    found = find_candidates(normalised_difference(frame(500.0), 360), 7)
    assert found.lags[0, 0] == pytest.approx(32.0, abs=0.02)
    assert found.weights[0, 0] > 0.99
    assert found.lags.shape == found.weights.shape == (1, CANDIDATES)


def test_a_deeper_dip_further_on_takes_the_thresholds_below_the_first():
    octaves = frame(200.0) + 0.5 * frame(400.0)
    found = find_candidates(normalised_difference(octaves, 360), 7)
    assert found.lags[0, 0] == pytest.approx(80.0, abs=0.1)
    assert found.weights[0, 0] > found.weights[0, 1]


def test_without_a_dip_there_is_no_candidate():
    found = find_candidates(np.ones((3, 361)), 7)
    assert not found.weights.any()


def test_a_lag_is_read_more_exactly_after_several_periods():
    hz = 1793.0
    difference = normalised_difference(frame(hz) + 0.5 * frame(2 * hz), 360)
    rough = find_candidates(difference, 7).lags[:, 0]
    fine = refined(difference, rough)
    cents = [abs(1200 * np.log2(RATE / lag[0] / hz)) for lag in (rough, fine)]
    assert cents[1] < 1.0 < cents[0]
