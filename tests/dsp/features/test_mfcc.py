import numpy as np
import pytest

from whisperwave.dsp.features.mfcc import BANDS, COEFFICIENTS, FLOOR_DB, cosine_transform, extractor

RATE, HOP = 16_000, 160


def test_the_cosine_transform_is_orthonormal_and_of_type_two():
    cosines = cosine_transform(BANDS).astype(np.float64)
    np.testing.assert_allclose(cosines @ cosines.T, np.eye(BANDS), atol=1e-6)
    assert np.ptp(cosines[0]) == 0.0
    assert cosines[1, 0] == pytest.approx(np.sqrt(2 / BANDS) * np.cos(np.pi / (2 * BANDS)))


def test_silence_is_the_floor_in_the_first_coefficient_alone():
    rows = extractor(RATE, HOP)(np.zeros(1600))
    assert rows[0] == pytest.approx(FLOOR_DB * np.sqrt(BANDS), rel=1e-5)
    assert np.abs(rows[1:]).max() < 1e-3


def test_a_change_of_level_moves_the_first_coefficient_alone(generator):
    noise = 0.1 * generator.standard_normal(RATE)
    moved = extractor(RATE, HOP)(noise) - extractor(RATE, HOP)(0.1 * noise)
    np.testing.assert_allclose(moved[0], 20.0 * np.sqrt(BANDS), rtol=1e-3)
    assert np.abs(moved[1:]).max() < 0.1


def test_bright_and_dark_sounds_differ_in_the_second(generator):
    noise = 0.1 * generator.standard_normal(RATE)
    dark, bright = np.convolve(noise, np.ones(16) / 16, "same"), np.diff(noise, prepend=0.0)
    rows = [extractor(RATE, HOP)(sound)[:, 20:-20].mean(axis=1) for sound in (dark, bright)]
    assert rows[0][1] > rows[1][1] + 30.0
    assert len(rows[0]) == COEFFICIENTS
