import numpy as np
import pytest

from whisperwave.reports import spectrogram

RATE = 16_000


def sine(f_hz: float, level: float = 1.0) -> np.ndarray:
    return level * np.sin(2 * np.pi * f_hz * np.arange(RATE // 2) / RATE)[None]


@pytest.mark.parametrize("f_hz", [150, 1000, 6500])
def test_a_sine_peaks_in_the_row_of_its_frequency(f_hz: int) -> None:
    rows = 200
    levels_db = spectrogram.grid_db(sine(f_hz), RATE, 20, rows)
    expected = rows * float(spectrogram.mel(f_hz) / spectrogram.mel(RATE / 2))
    assert levels_db[:, 10].argmax() + 0.5 == pytest.approx(expected, abs=1.5)


def test_a_full_scale_sine_stands_at_0_db() -> None:
    levels_db = spectrogram.grid_db(sine(440), RATE, 20, 420)
    assert levels_db[:, 10].max() == pytest.approx(0.0, abs=0.5)


def test_half_the_amplitude_is_6_db_less() -> None:
    whole, half = (spectrogram.grid_db(sine(440, a), RATE, 5, 50)[:, 2].max() for a in (1.0, 0.5))
    assert whole - half == pytest.approx(6.02, abs=0.01)


def test_a_sound_on_one_of_two_channels_is_3_db_less() -> None:
    both, one = np.vstack([sine(440), sine(440)]), np.vstack([sine(440), sine(440) * 0])
    levels = [spectrogram.grid_db(audio, RATE, 5, 50)[:, 2].max() for audio in (both, one)]
    assert levels[0] - levels[1] == pytest.approx(3.01, abs=0.01)


def test_a_click_stands_in_the_column_of_its_time() -> None:
    audio = np.zeros((1, RATE))
    audio[0, RATE * 3 // 4] = 1.0
    levels_db = spectrogram.grid_db(audio, RATE, 100, 20)
    assert levels_db.mean(0).argmax() == pytest.approx(75, abs=1)


@pytest.mark.parametrize("rate", [1_000, 44_100, 192_000])
@pytest.mark.parametrize("samples", [1, 5, 3000])
def test_any_rate_and_length_gives_finite_levels(rate: int, samples: int) -> None:
    audio = np.random.default_rng(0).uniform(-1, 1, (2, samples))
    levels_db = spectrogram.grid_db(audio, rate, 12, 30)
    assert levels_db.shape == (30, 12)
    assert np.isfinite(levels_db).all()


def test_mel_and_hz_are_inverse() -> None:
    f_hz = np.array([0.0, 20.0, 1000.0, 22_050.0])
    assert spectrogram.mel_to_hz(spectrogram.mel(f_hz)) == pytest.approx(f_hz)
    assert spectrogram.mel(1000.0) == pytest.approx(1000.0, abs=0.1)
