import numpy as np
import pytest

from whisperwave.dsp.resampling import resample
from whisperwave.dsp.spectra import stft_power
from whisperwave.generation.widening import BANDS, TIMES, Widener, wide_outline

RATE, HOP = 16_000, 160
WIDE = TIMES * RATE


@pytest.fixture
def stereo(generator):
    """Three seconds of noise, the right ear its own way and pulsing; dull above 12 kHz."""
    mid, side = generator.standard_normal((2, 3 * WIDE))
    pulse = 0.55 + 0.45 * np.sign(np.sin(2 * np.pi * 2 * np.arange(3 * WIDE) / WIDE))
    audio = np.stack([mid + 0.5 * side, mid - 0.5 * side]) * 0.05 * pulse
    return resample(resample(audio, WIDE, 24_000), 24_000, WIDE)


def levels_db(audio, low_hz, high_hz):
    power = stft_power(audio, 1_920, 960)
    hz = np.fft.rfftfreq(1_920, 1 / WIDE)
    return 10 * np.log10(power[(hz >= low_hz) & (hz < high_hz)].mean(axis=0) + 1e-12)


def widen(stereo, seed=1, frames=4, hop=HOP):
    """The whole sound, made wide in steps; the last frame of its outline goes on."""
    narrow = resample(stereo.mean(axis=0), WIDE, RATE)
    widener = Widener(RATE, hop, seed)
    count = len(narrow) // hop + widener.latency
    audio = np.pad(narrow, (0, count * hop - len(narrow)))
    outline = wide_outline(stereo, WIDE, hop * TIMES)
    outline = outline[:, np.minimum(np.arange(count), outline.shape[1] - 1)]
    state, parts = widener.start(), []
    for first in range(0, count, frames):
        some = audio[first * hop : (first + frames) * hop]
        part, state = widener.step(some, outline[:, first : first + frames], state)
        parts.append(part)
    return np.concatenate(parts, axis=1)[:, widener.latency * hop * TIMES :]


@pytest.mark.parametrize("band", [(300, 2_000), (2_000, 7_000), (9_000, 11_500)])
@pytest.mark.parametrize("sign", [1.0, -1.0], ids=["mid", "side"])
def test_every_moment_is_as_loud_as_in_the_picks_in_every_band(stereo, band, sign):
    made = widen(stereo)
    found, wanted = (levels_db(x[0] + sign * x[1], *band) for x in (made, stereo))
    inside = slice(5, -5)
    assert np.mean(np.abs(found - wanted)[inside]) < 1.5


def test_nothing_is_added_where_the_picks_have_nothing(stereo):
    assert levels_db(widen(stereo)[0], 14_000, 23_000).mean() < -75.0


def test_below_its_own_nyquist_frequency_the_mid_is_the_piece(stereo):
    narrow = resample(stereo.mean(axis=0), WIDE, RATE)
    mid = resample(widen(stereo).mean(axis=0), WIDE, RATE)
    kept = slice(RATE // 10, -RATE // 10)
    error = np.fft.rfft((mid - narrow)[kept])
    low = slice(0, int(7_000 / 8_000 * len(error)))
    assert np.linalg.norm(error[low]) < 0.03 * np.linalg.norm(np.fft.rfft(narrow[kept])[low])


def test_picks_in_one_channel_stay_in_the_middle(stereo):
    single = np.stack([stereo[0], stereo[0]])
    left, right = widen(single)
    assert np.std(left - right) < 0.01 * np.std(left + right)


def test_the_same_seed_widens_alike_and_another_seed_has_other_air(stereo):
    first, again, other = (widen(stereo, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_a_wide_outline_has_the_rows_of_mid_and_side(stereo):
    outline = wide_outline(stereo, WIDE, HOP * TIMES)
    assert outline.shape == (2 * BANDS, 301)
    assert outline[:BANDS].mean() > outline[BANDS:].mean()


@pytest.mark.parametrize("frames", [1, 7, 1_000])
def test_a_piece_is_the_same_whatever_the_steps(stereo, frames):
    np.testing.assert_allclose(widen(stereo, frames=frames), widen(stereo), atol=1e-5)


def test_frames_may_be_no_part_of_a_window(stereo):
    made = widen(stereo, hop=250)
    assert made.shape == (2, 3 * WIDE)
    assert levels_db(made[0], 300, 7_000).mean() == pytest.approx(
        levels_db(stereo[0], 300, 7_000).mean(), abs=1.5
    )
