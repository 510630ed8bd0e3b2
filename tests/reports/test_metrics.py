import numpy as np
import pytest

from whisperwave.reports.metrics import (
    bits_per_sample,
    fit_gaussian,
    frechet_distance,
    largest_correlation,
    standardised_distances,
    wilson_interval,
)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_a_distance_counts_in_units_of_spread_and_skips_what_never_varies():
    rows = np.array([[0.0, 0.0, 5.0]])
    references = np.array([[1.0, 10.0, 9.0], [0.0, 0.0, 5.0]])
    found = standardised_distances(rows, references, np.array([1.0, 10.0, 0.0]))
    assert found == pytest.approx(np.array([[1.0, 0.0]]))


def test_frechet_distance_of_a_sound_to_itself_is_nothing(rng):
    frames = fit_gaussian(rng.standard_normal((8, 500)))
    assert frechet_distance(frames, frames) == pytest.approx(0.0, abs=1e-3)


def test_frechet_distance_is_the_closed_form_for_independent_bands(rng):
    one, other = rng.standard_normal((2, 4, 400_000))
    far = fit_gaussian(3.0 + 2.0 * other)
    # |mean gap|² + (sigma - sigma')² summed over four bands: 4·9 + 4·1
    assert frechet_distance(fit_gaussian(one), far) == pytest.approx(np.sqrt(40.0), rel=5e-3)


def test_frechet_distance_hears_correlation_between_bands(rng):
    free = rng.standard_normal((2, 20_000))
    tied = fit_gaussian(np.stack([free[0], free[0]]))
    free = fit_gaussian(free)
    assert frechet_distance(free, tied) > 0.3
    assert frechet_distance(free, tied) == pytest.approx(frechet_distance(tied, free))


def test_the_root_of_a_covariance_gives_it_back(rng):
    fitted = fit_gaussian(rng.standard_normal((5, 5)) @ rng.standard_normal((5, 300)))
    assert fitted.root @ fitted.root == pytest.approx(fitted.covariance)


@pytest.mark.parametrize("gain", [1.0, 0.1, -2.0])
@pytest.mark.parametrize("place", [0, 137, 9_000, 20_000 - 400])
def test_a_copy_anywhere_at_any_level_correlates_fully(rng, place, gain):
    material = rng.standard_normal(20_000)
    windows = gain * material[np.newaxis, place : place + 400]
    assert largest_correlation(windows, material, block=2_048) == pytest.approx(1.0, abs=1e-4)


def test_unrelated_noise_hardly_correlates(rng):
    windows, material = rng.standard_normal((3, 800)), rng.standard_normal(30_000)
    assert largest_correlation(windows, material, block=4_096) < 0.25


def test_correlation_is_the_plain_sum(rng):
    window, material = rng.standard_normal(50), rng.standard_normal(400)
    stretches = np.lib.stride_tricks.sliding_window_view(material, 50)
    plain = stretches @ window / np.linalg.norm(stretches, axis=1) / np.linalg.norm(window)
    found = largest_correlation(window[np.newaxis], material, block=128)
    assert found == pytest.approx(np.abs(plain).max(), abs=1e-5)


def test_silence_correlates_with_nothing(rng):
    assert largest_correlation(np.zeros((2, 100)), rng.standard_normal(1_000)) == 0.0
    assert largest_correlation(rng.standard_normal((1, 100)), np.zeros(1_000)) < 1e-3


def test_the_interval_of_a_share_is_wilsons():
    # L. D. Brown, T. T. Cai and A. DasGupta (2001): for 8 of 10, 0.490 to 0.943
    assert wilson_interval(8, 10) == pytest.approx((0.490, 0.943), abs=1e-3)
    assert wilson_interval(0, 10)[0] == 0.0
    assert wilson_interval(10, 10)[1] == pytest.approx(1.0)


def test_bits_of_a_uniform_guess_are_the_logarithm_of_the_classes(rng):
    classes = rng.integers(0, 256, 100)
    assert bits_per_sample(np.zeros((100, 256)), classes) == pytest.approx(8.0)


def test_bits_of_a_sure_and_right_guess_are_none(rng):
    classes = rng.integers(0, 16, 50)
    logits = 1e3 * np.eye(16, dtype=np.float32)[classes]
    assert bits_per_sample(logits, classes) == pytest.approx(0.0, abs=1e-6)
