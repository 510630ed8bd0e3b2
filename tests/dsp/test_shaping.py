import numpy as np
import pytest

from whisperwave.dsp import shaping
from whisperwave.dsp.features.mel import SPAN_DB, mel_controls
from whisperwave.dsp.shaping import Hold, hold_to_outline

RATE, HOP, BANDS = 16_000, 160, 64


@pytest.fixture
def noise(generator):
    return (0.1 * generator.standard_normal(2 * RATE)).astype(np.float32)


def outline(audio):
    return mel_controls(audio, RATE, BANDS, HOP)


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
    monkeypatch.setattr(shaping, "_AT_ONCE", 37)
    assert hold_to_outline(noise, wanted, RATE, HOP) == pytest.approx(whole, abs=1e-6)


@pytest.mark.parametrize("cuts", [(1,), (4,), (64,), (7, 1, 30)])
@pytest.mark.parametrize("hop", [HOP, 150, 1_000])
def test_any_steps_join_to_the_same_sound_that_lags_by_the_stated_latency(noise, cuts, hop):
    """Also where frames leave gaps between windows, and where windows are no multiple of them."""
    wanted = mel_controls(noise[::-1], RATE, BANDS, hop)
    frames = len(noise) // hop
    hold = Hold(RATE, hop, BANDS)
    whole, _ = hold.step(noise[: frames * hop], wanted[:, :frames], hold.start())
    state, parts, place, turn = hold.start(), [], 0, 0
    while place < frames:
        some = slice(place, min(place + cuts[turn % len(cuts)], frames))
        audio = noise[some.start * hop : some.stop * hop]
        part, state = hold.step(audio, wanted[:, some], state)
        parts.append(part)
        place, turn = some.stop, turn + 1
    stepped = np.concatenate(parts)
    assert stepped == pytest.approx(whole, abs=1e-5)
    late = hold.latency * hop
    at_once = hold_to_outline(noise, wanted, RATE, hop)
    assert stepped[late:] == pytest.approx(at_once[: len(stepped) - late], abs=1e-5)
    assert not stepped[: late - hop * hold.latency // 3].any()


def test_a_step_leaves_the_state_that_it_was_given_as_it_was(noise):
    hold = Hold(RATE, HOP, BANDS)
    wanted = outline(noise)
    _, state = hold.step(noise[: 8 * HOP], wanted[:, :8], hold.start())
    first, _ = hold.step(noise[8 * HOP : 16 * HOP], wanted[:, 8:16], state)
    again, _ = hold.step(noise[8 * HOP : 16 * HOP], wanted[:, 8:16], state)
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("samples", [1, 160, 5_000])
def test_an_outline_that_ends_early_goes_on_with_its_last_frame(noise, samples):
    held = hold_to_outline(noise[:samples], outline(noise)[:, :3], RATE, HOP)
    assert held.shape == (samples,)
    assert np.isfinite(held).all()


def test_silence_stays_silent(noise):
    assert not hold_to_outline(np.zeros(RATE, np.float32), outline(noise), RATE, HOP).any()
