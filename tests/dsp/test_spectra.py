import numpy as np
import pytest

from whisperwave.dsp.spectra import hz_to_mel, log_mel, mel_filterbank, mel_to_hz, stft_power
from whisperwave.errors import ConfigError


def test_a_full_scale_sine_on_a_bin_reads_one_there() -> None:
    sine = np.sin(2 * np.pi * 32 / 512 * np.arange(8192))
    power = stft_power(sine, 512, 128)
    assert power.shape == (257, 65)
    assert power.dtype == np.float32
    np.testing.assert_allclose(power[32, 4:-4], 1.0, atol=1e-4)
    assert power[40:, 4:-4].max() < 1e-9


@pytest.mark.parametrize("samples", [0, 1, 127, 128, 129, 1000])
def test_there_is_a_frame_at_every_hop(samples: int) -> None:
    assert stft_power(np.zeros((2, samples)), 256, 128).shape == (2, 129, 1 + samples // 128)


def test_an_impulse_is_in_the_frames_that_are_centred_near_it() -> None:
    audio = np.zeros(2048)
    audio[1024] = 1.0
    energy = stft_power(audio, 256, 128).sum(axis=0)
    assert np.argmax(energy) == 8
    np.testing.assert_array_equal(np.flatnonzero(energy > 1e-9), [8])


def test_power_equals_the_plain_transform() -> None:
    audio = np.random.default_rng(3).standard_normal(1000)
    window = np.hanning(65)[:64]
    plain = np.abs(np.fft.rfft(audio[468:532] * window)) ** 2 * (2 / window.sum()) ** 2
    np.testing.assert_allclose(stft_power(audio, 64, 100)[:, 5], plain, rtol=1e-5)


def test_the_mel_scale_is_slaneys() -> None:
    np.testing.assert_allclose(hz_to_mel(np.array([0.0, 1000.0, 6400.0])), [0.0, 15.0, 42.0])
    frequencies = np.geomspace(10, 20000, 50)
    np.testing.assert_allclose(mel_to_hz(hz_to_mel(frequencies)), frequencies)


def test_mel_filters_have_equal_area_and_rising_centres() -> None:
    bank = mel_filterbank(16000, 4096, 40)
    assert bank.shape == (40, 2049)
    np.testing.assert_allclose(bank.sum(axis=1) * 16000 / 4096, 1.0, atol=0.02)
    assert np.all(np.diff(np.argmax(bank, axis=1)) > 0)


def test_a_tone_is_loudest_in_its_own_mel_band() -> None:
    sine = np.sin(2 * np.pi * 2000 * np.arange(16000) / 16000)
    mels = log_mel(sine, 16000)
    assert mels.shape == (80, 63)
    edges = mel_to_hz(np.linspace(0, hz_to_mel(8000.0), 82))
    loudest = int(np.argmax(mels[:, 30]))
    assert edges[loudest] < 2000 < edges[loudest + 2]


def test_silence_lies_on_the_floor() -> None:
    np.testing.assert_array_equal(log_mel(np.zeros(4000), 16000, floor_db=-80.0), -80.0)


@pytest.mark.parametrize(("window", "hop"), [(0, 1), (255, 1), (256, 0)])
def test_a_window_that_cannot_be_used_is_refused(window: int, hop: int) -> None:
    with pytest.raises(ConfigError, match="BAD_WINDOW"):
        stft_power(np.zeros(100), window, hop)


@pytest.mark.parametrize(
    ("n_mels", "low_hz", "high_hz"), [(0, 0, None), (40, 5000, 100), (40, 0, 9000), (500, 0, None)]
)
def test_a_bank_with_empty_filters_is_refused(
    n_mels: int, low_hz: float, high_hz: float | None
) -> None:
    with pytest.raises(ConfigError, match="BAD_BAND"):
        mel_filterbank(16000, 512, n_mels, low_hz, high_hz)
