import numpy as np
import pytest

from whisperwave.dsp.features.fine_structure import BANDS, STATISTICS, fine_structure

RATE = 16_000
TIME = np.arange(4 * RATE) / RATE


@pytest.fixture
def noise(generator):
    return 0.1 * generator.standard_normal(len(TIME))


def harmonics(hz):
    return sum(0.05 * np.sin(2 * np.pi * k * hz * TIME) for k in range(1, int(7_600 / hz)))


def flatness(audio):
    return fine_structure(audio, RATE)[:BANDS]


def test_noise_is_flat_and_partials_are_not(noise):
    assert flatness(noise).min() > -4.0
    assert flatness(harmonics(330.0)).max() < -10.0


def test_level_and_colour_change_little(noise):
    coloured = np.convolve(noise, [1.0, 0.5], "same") * 0.03
    assert fine_structure(coloured, RATE) == pytest.approx(fine_structure(noise, RATE), abs=0.7)


def test_clicks_are_rougher_than_noise_of_the_same_spectrum(noise, generator):
    clicks = np.where(generator.random(len(TIME)) < 100 / RATE, 1.0, 0.0)
    rough, even = (fine_structure(x, RATE)[2 * BANDS : 3 * BANDS] for x in (clicks, noise))
    assert (rough > even + 3.0).all()


@pytest.mark.parametrize("samples", [1, 100, 5_000])
def test_short_and_silent_sounds_have_finite_statistics(samples):
    found = fine_structure(np.zeros(samples), RATE)
    assert found.shape == (STATISTICS,)
    assert np.isfinite(found).all()
