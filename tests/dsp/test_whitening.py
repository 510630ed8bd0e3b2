import numpy as np

from whisperwave.dsp.whitening import fit_whitening


def correlated(rows: int = 500) -> np.ndarray:
    draw = np.random.default_rng(0)
    return draw.standard_normal((rows, 6)) @ draw.standard_normal((6, 40)) * 5.0 + 3.0


def test_projected_rows_are_centred_uncorrelated_and_of_similar_spread() -> None:
    rows = correlated()
    mean, projection = fit_whitening(rows, 4)
    styles = (rows - mean) @ projection.T
    covariance = np.cov(styles.T)
    np.testing.assert_allclose(styles.mean(axis=0), 0.0, atol=1e-4)
    np.testing.assert_allclose(covariance, np.diag(np.diagonal(covariance)), atol=1e-3)
    assert np.all((np.diagonal(covariance) > 0.9) & (np.diagonal(covariance) <= 1.01))


def test_directions_that_the_data_do_not_have_stay_silent() -> None:
    _, projection = fit_whitening(correlated(3), 8)
    assert not projection[3:].any()


def test_the_same_rows_in_another_order_give_the_same_map() -> None:
    rows = correlated()
    _, projection = fit_whitening(rows, 4)
    _, shuffled = fit_whitening(rows[::-1], 4)
    np.testing.assert_allclose(projection, shuffled, atol=1e-5)
