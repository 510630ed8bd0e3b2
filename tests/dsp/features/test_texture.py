import numpy as np
import pytest

from whisperwave.dsp.features.texture import (
    BANDS,
    STATISTICS,
    TextureStatistics,
    cochlear_weights,
    texture_statistics,
)

RATE = 16000


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    return 0.1 * np.random.default_rng(seed).standard_normal(round(seconds * RATE))


def modulated(rate_hz: float, seconds: float = 8.0) -> np.ndarray:
    t = np.arange(round(seconds * RATE)) / RATE
    return noise(seconds) * (1.0 + 0.9 * np.sin(2 * np.pi * rate_hz * t))


def modulation_octave(audio: np.ndarray) -> int:
    return int(texture_statistics(audio, RATE)[-49:].reshape(7, 7).mean(axis=0).argmax())


@pytest.mark.parametrize("cuts", [(1,), (7, 400, 79), (5000, 3, 80), (100_000,)])
def test_any_cut_into_blocks_gives_the_statistics_of_the_whole(cuts: tuple[int, ...]) -> None:
    audio = noise(7.3)
    stepped = TextureStatistics(RATE)
    position, turn = 0, 0
    while position < len(audio):
        size = max(cuts[turn % len(cuts)], 1) if turn < 200 else len(audio)
        stepped.update(audio[position : position + size])
        position, turn = position + size, turn + 1
    np.testing.assert_allclose(stepped.finish(), texture_statistics(audio, RATE), atol=1e-6)


@pytest.mark.parametrize("samples", [0, 1, 399, 400, 8000])
def test_short_and_silent_sounds_have_finite_statistics(samples: int) -> None:
    assert np.isfinite(texture_statistics(np.zeros(samples), RATE)).all()
    assert texture_statistics(np.zeros(samples), RATE).shape == (STATISTICS,)


def test_two_excerpts_of_one_texture_are_nearer_than_two_textures() -> None:
    one, other = texture_statistics(noise(10, 1), RATE), texture_statistics(noise(10, 2), RATE)
    slow = texture_statistics(modulated(2.0, 10.0), RATE)
    assert 5 * np.linalg.norm(one - other) < np.linalg.norm(one - slow)


def test_a_louder_copy_moves_only_the_level_of_each_band() -> None:
    audio = noise(8)
    soft, loud = texture_statistics(audio, RATE), texture_statistics(2.0 * audio, RATE)
    np.testing.assert_allclose((loud - soft)[:BANDS], 0.3 * np.log(2.0), atol=1e-4)
    np.testing.assert_allclose(loud[BANDS:], soft[BANDS:], atol=1e-3)


@pytest.mark.parametrize(("rate_hz", "octave"), [(1.2, 1), (2.3, 2), (4.5, 3), (9.0, 4)])
def test_a_modulation_is_found_in_its_octave(rate_hz: float, octave: int) -> None:
    assert modulation_octave(modulated(rate_hz)) == octave


def test_a_sine_in_the_middle_of_a_band_has_amplitude_one_there() -> None:
    weights = cochlear_weights(RATE, 400)
    t = np.arange(400) / RATE
    spectrum = np.abs(np.fft.rfft(np.sin(2 * np.pi * 1000.0 * t) * np.hanning(401)[:-1])) ** 2
    assert np.sqrt(spectrum @ weights).max() == pytest.approx(1.0, rel=0.15)
