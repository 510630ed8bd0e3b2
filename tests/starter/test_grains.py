import numpy as np
import pytest
from foley.grains import Bursts, add_bursts, pan_gains, poisson_times
from foley.noise import band_pass, shaped_noise, slow_curve, tilted

RATE = 16000


def burst(onset_s=0.1, frequency_hz=1000.0, decay_s=0.02, amplitude=1.0, pan=0.0, rise=0.0):
    return Bursts(*(np.array([v]) for v in (onset_s, frequency_hz, decay_s, amplitude, pan, rise)))


def ringing(seconds=1.0, **fields):
    audio = np.zeros((2, round(seconds * RATE)), np.float32)
    add_bursts(audio, burst(**fields), RATE)
    return audio


def test_a_burst_rings_at_its_pitch_from_its_onset():
    audio = ringing()
    spectrum = np.abs(np.fft.rfft(audio[0]))
    assert np.fft.rfftfreq(RATE, 1 / RATE)[spectrum.argmax()] == pytest.approx(1000, abs=5)
    assert not audio[:, :1600].any()
    assert audio[:, 1600:1700].any()


def test_a_burst_loses_a_factor_e_in_its_decay_time():
    audio = ringing(decay_s=0.05)[0]
    early, late = (np.abs(audio[at : at + 160]).max() for at in (1760, 1760 + 800))
    assert early / late == pytest.approx(np.e, rel=0.05)


def test_a_rising_burst_ends_higher_than_it_began():
    audio = ringing(decay_s=0.1, rise=4.0)[0, 1600:3200]
    crossings = np.flatnonzero((audio[:-1] < 0) & (audio[1:] >= 0))
    assert np.diff(crossings)[:5].mean() > 1.2 * np.diff(crossings)[-5:].mean()


def test_a_burst_beyond_the_end_is_cut_and_one_above_the_band_is_left_out():
    assert ringing(onset_s=0.999).any()
    assert not ringing(frequency_hz=7900.0).any()


def test_panning_keeps_the_power():
    gains = pan_gains(np.linspace(-1, 1, 9))
    np.testing.assert_allclose(np.sum(gains**2, axis=0), 1)
    np.testing.assert_allclose(gains[:, 0], [1, 0], atol=1e-12)


def test_poisson_times_have_the_rate_and_spread_of_a_poisson_process():
    rng = np.random.default_rng(1)
    counts = [poisson_times(rng, 50, 2.0).size for _ in range(400)]
    assert np.mean(counts) == pytest.approx(100, rel=0.02)
    assert np.var(counts) == pytest.approx(100, rel=0.25)


def test_shaped_noise_stays_in_its_band_at_unit_power():
    noise = shaped_noise(np.random.default_rng(1), RATE, RATE, band_pass(1000, 2000, order=4))
    power = np.sum(np.abs(np.fft.rfft(noise)) ** 2, axis=0)
    assert power[700:3000].sum() / power.sum() > 0.95
    assert np.mean(noise**2) == pytest.approx(1, rel=1e-4)


def test_a_tilt_is_in_decibels_per_octave():
    response = tilted(lambda f: np.ones_like(f), -6.0)
    one, two = response(np.array([1000.0, 2000.0]))
    assert 20 * np.log10(two / one) == pytest.approx(-6.0, abs=1e-3)


def test_a_slow_curve_has_no_jumps():
    curve = slow_curve(np.random.default_rng(1), 10 * RATE, RATE, 1.0)
    assert np.abs(np.diff(curve)).max() < 20 / RATE
    assert 0.4 < curve.std() < 1.3
