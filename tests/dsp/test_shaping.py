import numpy as np
import pytest

from whisperwave.dsp import shaping
from whisperwave.dsp.features.mel import SPAN_DB, mel_controls
from whisperwave.dsp.shaping import filter_frames, hold_to_outline

RATE, HOP, WINDOW, BANDS = 16_000, 160, 800, 64


@pytest.fixture
def noise(generator):
    return (0.1 * generator.standard_normal(2 * RATE)).astype(np.float32)


def outline(audio):
    return mel_controls(audio, RATE, BANDS, HOP)


@pytest.mark.parametrize("samples", [1, 159, 160, 4_321])
def test_gains_of_one_change_nothing(generator, samples):
    audio = generator.standard_normal(samples).astype(np.float32)
    gains = np.ones((WINDOW // 2 + 1, 1 + samples // HOP))
    assert filter_frames(audio, gains, WINDOW, HOP) == pytest.approx(audio, abs=1e-5)


def test_a_gain_for_some_bins_filters_those(noise):
    gains = np.ones((WINDOW // 2 + 1, 1 + len(noise) // HOP))
    gains[200:] = 0.0  # above 4 kHz
    power = np.abs(np.fft.rfft(filter_frames(noise, gains, WINDOW, HOP))) ** 2
    assert power[34_000 // 2 :].sum() < 1e-4 * power[: 30_000 // 2].sum()


def test_noise_held_to_the_outline_of_clicks_becomes_clicks(noise):
    clicks = np.zeros(2 * RATE, np.float32)
    clicks[4_000::8_000] = 0.5
    wanted = outline(clicks)
    held = hold_to_outline(noise, wanted, RATE, HOP)
    before, after = (np.abs(outline(x) - wanted).mean() * SPAN_DB for x in (noise, held))
    assert before > 30.0
    assert after < 0.25 * before


def test_a_sound_that_has_its_outline_keeps_it(noise):
    held = hold_to_outline(noise, outline(noise), RATE, HOP)
    assert held == pytest.approx(noise, abs=1e-4)


def test_the_grain_of_the_sound_stays_its_own(noise, generator):
    """Held to another noise's outline, it is still itself and not the other."""
    other = (0.1 * generator.standard_normal(2 * RATE)).astype(np.float32)
    held = hold_to_outline(noise, outline(other), RATE, HOP)
    assert np.corrcoef(held, noise)[0, 1] > 0.6
    assert abs(np.corrcoef(held, other)[0, 1]) < 0.1


def test_a_long_sound_is_held_piece_by_piece_without_a_seam(noise, monkeypatch):
    wanted = outline(noise[::-1])
    whole = hold_to_outline(noise, wanted, RATE, HOP)
    monkeypatch.setattr(shaping, "_CHUNK", 37)
    assert hold_to_outline(noise, wanted, RATE, HOP) == pytest.approx(whole, abs=1e-5)


@pytest.mark.parametrize("samples", [1, 160, 5_000])
def test_an_outline_that_ends_early_goes_on_with_its_last_frame(noise, samples):
    held = hold_to_outline(noise[:samples], outline(noise)[:, :3], RATE, HOP)
    assert held.shape == (samples,)
    assert np.isfinite(held).all()


def test_silence_stays_silent(noise):
    assert not hold_to_outline(np.zeros(RATE, np.float32), outline(noise), RATE, HOP).any()
