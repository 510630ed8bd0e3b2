import numpy as np
import pytest

from whisperwave._engine import AllPole
from whisperwave.dsp.prediction import autocorrelation, excitation, predictors

RATE, HOP, ORDER = 16_000, 160, 24


@pytest.fixture
def coloured(generator):
    """A second of noise with a strong resonance, twice as loud in its second half."""
    white = generator.standard_normal(RATE)
    audio = np.zeros(RATE)
    for n in range(2, RATE):
        audio[n] = white[n] + 1.8 * audio[n - 1] - 0.9 * audio[n - 2]
    audio[RATE // 2 :] *= 2.0
    return 0.02 * audio


def lags_of(audio, order=ORDER):
    return autocorrelation(audio, RATE, order, HOP)


def test_lag_zero_is_the_mean_power_and_there_is_a_frame_each_hop(generator):
    lags = lags_of(0.3 * generator.standard_normal(RATE))
    assert lags.shape == (ORDER + 1, 1 + RATE // HOP)
    assert lags[0, 10:-10].mean() == pytest.approx(0.09, rel=0.05)
    assert np.abs(lags[1:, 10:-10].mean(axis=1)).max() < 0.005


def test_a_sine_has_the_autocorrelation_of_a_sine():
    lags = lags_of(np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE))
    expected = 0.5 * np.cos(2 * np.pi * 1000 * np.arange(ORDER + 1) / RATE)
    assert lags[:, 50] == pytest.approx(expected, abs=0.01)


def test_predictors_solve_the_normal_equations(coloured):
    lags = lags_of(coloured)
    coefficients, sizes = predictors(lags)
    for frame in (0, 30, 99):
        column = lags[:, frame].copy()
        column[0] = column[0] * (1 + 1e-7) + 1e-9
        toeplitz = column[np.abs(np.subtract.outer(range(ORDER), range(ORDER)))]
        solved = np.linalg.solve(toeplitz, column[1:])
        assert coefficients[frame] == pytest.approx(solved, rel=1e-6, abs=1e-8)
        assert sizes[frame] ** 2 == pytest.approx(column[0] - solved @ column[1:], rel=1e-6)


def test_excitations_are_white_and_of_one_size_however_loud_the_sound(coloured):
    driving = excitation(coloured, lags_of(coloured), HOP, np.zeros(ORDER))
    parts = driving[2_000:7_000], driving[9_000:15_000]
    for part in parts:
        assert part.std() == pytest.approx(1.0, abs=0.08)
        assert abs(np.corrcoef(part[1:], part[:-1])[0, 1]) < 0.05


def test_all_pole_filters_give_the_sound_back(coloured):
    lags = lags_of(coloured)
    driving = excitation(coloured, lags, HOP, np.zeros(ORDER))
    coefficients, sizes = predictors(lags)
    all_pole = AllPole(ORDER)
    for frame in range(RATE // HOP):
        place = slice(frame * HOP, (frame + 1) * HOP)
        all_pole.process(driving[place], coefficients[frame], sizes[frame])
    assert driving == pytest.approx(coloured, abs=1e-5)


def test_what_came_before_is_not_foretold_again(coloured):
    lags = lags_of(coloured)
    whole = excitation(coloured, lags, HOP, np.zeros(ORDER))
    later = excitation(coloured[1_600:], lags[:, 10:], HOP, coloured[1_600 - ORDER : 1_600])
    np.testing.assert_array_equal(later, whole[1_600:])


def test_the_last_frame_goes_on_where_frames_end(coloured):
    lags = lags_of(coloured)[:, :3]
    held = np.concatenate([lags, np.repeat(lags[:, -1:], 98, axis=1)], axis=1)
    found = (excitation(coloured, each, HOP, np.zeros(ORDER)) for each in (lags, held))
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize("audio", [np.zeros(RATE), np.ones(RATE), np.eye(1, RATE, 500)[0]])
def test_silence_steps_and_clicks_have_stable_filters(audio):
    coefficients, sizes = predictors(lags_of(audio, 128))
    assert np.isfinite(coefficients).all()
    assert (sizes > 0).all()
    poles = np.roots(np.append(1.0, -coefficients[3]))
    assert np.abs(poles).max() < 1.0


def test_lags_of_sounds_heard_together_add_up(generator):
    one, two = 0.1 * generator.standard_normal((2, 20 * RATE))
    together = lags_of(one + two).mean(axis=1)
    assert together == pytest.approx((lags_of(one) + lags_of(two)).mean(axis=1), abs=2e-4)


def test_a_long_sound_is_taken_in_pieces_that_cannot_be_told(generator):
    audio = generator.standard_normal(1_100 * HOP)
    tail = lags_of(audio[90 * HOP :])
    assert lags_of(audio)[:, 1_000:1_050] == pytest.approx(tail[:, 910:960], abs=1e-12)
