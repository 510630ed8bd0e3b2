"""Reference cases of EBU Tech 3341 (2016), table 1, made from sines; tolerances are the EBU's.

The long cases run at 8 and 16 kHz, which measure the same and take less time.
"""

import math

import numpy as np
import pytest

from whisperwave.dsp import loudness
from whisperwave.dsp.fir import Fir
from whisperwave.dsp.loudness import (
    BETWEEN_REACH,
    KWeighting,
    LoudnessMeter,
    a_weighting_db,
    between_samples,
    high_pass,
    high_shelf,
    integrated_lufs,
    k_weighting_power,
    true_peak_dbtp,
)
from whisperwave.errors import ConfigError

RATES = [16000, 22050, 44100, 48000, 96000]


def stereo_tone(parts: list[tuple[float, float]], rate: int = 48000) -> np.ndarray:
    """A 1 kHz stereo sine; ``parts`` are (peak level in dBFS, seconds) one after the other."""
    gains = np.concatenate([np.full(round(s * rate), 10 ** (db / 20)) for db, s in parts])
    sine = gains * np.sin(2 * np.pi * 1000 * np.arange(len(gains)) / rate)
    return np.stack([sine, sine])


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("level", [-23.0, -33.0])
def test_cases_1_and_2_a_tone_reads_its_level_at_any_rate(level: float, rate: int) -> None:
    assert integrated_lufs(stereo_tone([(level, 5)], rate), rate) == pytest.approx(level, abs=0.1)


@pytest.mark.parametrize(
    "parts",
    [
        [(-36, 10), (-23, 60), (-36, 10)],
        [(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)],
        [(-26, 20), (-20, 20.1), (-26, 20)],
    ],
    ids=["case 3: relative gate", "case 4: both gates", "case 5: no gate"],
)
def test_cases_3_to_5_quiet_parts_are_gated(parts: list[tuple[float, float]]) -> None:
    assert integrated_lufs(stereo_tone(parts, 8000), 8000) == pytest.approx(-23.0, abs=0.1)


def test_case_6_surround_channels_count_more() -> None:
    levels = np.array([-28.0, -28.0, -24.0, -30.0, -30.0])
    sine = np.sin(2 * np.pi * 1000 * np.arange(16000 * 20) / 16000)
    audio = 10 ** (levels[:, None] / 20) * sine
    assert integrated_lufs(audio, 16000) == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize(
    ("phase_degrees", "frequency_ratio"),
    [(0.0, 1 / 4), (45.0, 1 / 4), (60.0, 1 / 6), (67.5, 1 / 8)],
    ids=["case 15", "case 16", "case 17", "case 18"],
)
def test_cases_15_to_18_peaks_between_samples_are_found(
    phase_degrees: float, frequency_ratio: float
) -> None:
    times = np.arange(48000)
    phase = 2 * np.pi * frequency_ratio * times + np.radians(phase_degrees)
    fade = np.minimum(1, np.minimum(times, times[::-1]) / 4800)  # an onset has peaks of its own
    peak = true_peak_dbtp(0.5 * fade * np.sin(phase), 48000)
    assert -6.0 - 0.4 <= peak <= -6.0 + 0.2


def test_case_19_a_peak_above_full_scale_is_found() -> None:
    times = np.arange(48000)
    sine = 1.41 * np.sin(2 * np.pi * times / 4 + np.pi / 4)
    fade = np.minimum(1, np.minimum(times, times[::-1]) / 4800)
    assert np.abs(fade * sine).max() <= 1.0
    assert 3.0 - 0.4 <= true_peak_dbtp(fade * sine, 48000) <= 3.0 + 0.2


def test_the_coefficients_at_48_khz_are_those_of_the_standard() -> None:
    shelf, high = high_shelf(48000), high_pass(48000)
    np.testing.assert_allclose(
        shelf.b, (1.53512485958697, -2.69169618940638, 1.19839281085285), atol=1e-10
    )
    np.testing.assert_allclose(shelf.a, (-1.69065929318241, 0.73248077421585), atol=1e-10)
    np.testing.assert_allclose(high.b, (1.0, -2.0, 1.0))
    np.testing.assert_allclose(high.a, (-1.99004745483398, 0.99007225036621), atol=1e-10)


def many_tones(rate: int) -> np.ndarray:
    times = np.arange(3 * rate) / rate
    phases = np.random.default_rng(4).uniform(0, 2 * np.pi, 30)
    tones = zip(np.geomspace(60, 4000, 30), phases, strict=True)
    return 0.01 * sum(np.sin(2 * np.pi * f * times + phase) for f, phase in tones)


@pytest.mark.parametrize("rate", RATES)
def test_a_sound_reads_the_same_at_every_rate_that_holds_it(rate: int) -> None:
    reference = integrated_lufs(many_tones(48000), 48000)
    assert integrated_lufs(many_tones(rate), rate) == pytest.approx(reference, abs=0.15)


@pytest.mark.parametrize("samples", [0, 1, 100, 48000])
def test_silence_has_no_loudness_and_no_peak(samples: int) -> None:
    silence = np.zeros((2, samples), np.float32)
    assert integrated_lufs(silence, 48000) == -math.inf
    assert true_peak_dbtp(silence, 48000) == -math.inf


def test_a_sound_shorter_than_a_block_still_has_a_loudness() -> None:
    assert integrated_lufs(stereo_tone([(-23, 0.2)]), 48000) == pytest.approx(-23.0, abs=0.3)


def test_ten_decibels_more_are_ten_units_more() -> None:
    noise = np.random.default_rng(1).standard_normal((2, 48000)) * 0.01
    louder = integrated_lufs(noise * 10**0.5, 48000)
    assert louder - integrated_lufs(noise, 48000) == pytest.approx(10.0, abs=1e-6)


@pytest.mark.parametrize(
    ("frequency_hz", "expected_db"),
    [(31.62, -39.4), (100, -19.1), (1000, 0.0), (2000, 1.2), (4000, 1.0), (10000, -2.5)],
)
def test_the_a_curve_is_that_of_the_table(frequency_hz: float, expected_db: float) -> None:
    assert a_weighting_db(np.array([frequency_hz]))[0] == pytest.approx(expected_db, abs=0.06)


@pytest.mark.parametrize(
    ("audio", "rate"),
    [(np.zeros((3, 100)), 48000), (np.array([np.nan]), 48000), (np.zeros(100), 1000)],
)
def test_what_cannot_be_measured_is_refused(audio: np.ndarray, rate: int) -> None:
    with pytest.raises(ConfigError):
        integrated_lufs(audio, rate)


def test_a_long_sound_is_measured_in_pieces_that_cannot_be_told(generator, monkeypatch):
    audio = 0.1 * generator.standard_normal((2, 5 * 16_000))
    audio[:, 30_000] = 0.9
    whole = integrated_lufs(audio, 16_000), true_peak_dbtp(audio, 16_000)
    monkeypatch.setattr(loudness, "_AT_ONCE", 1_001)
    assert integrated_lufs(audio, 16_000) == pytest.approx(whole[0], abs=1e-9)
    assert true_peak_dbtp(audio, 16_000) == pytest.approx(whole[1], abs=1e-9)


@pytest.mark.parametrize("rate", [11_025, 16_000, 48_000])  # a step of 1102.5 samples, too
def test_blocks_of_any_size_have_the_loudness_of_the_whole(generator, rate):
    audio = generator.standard_normal((2, 3 * rate)) * np.linspace(0.001, 0.3, 3 * rate)
    meter, place = LoudnessMeter(rate, 2), 0
    while place < audio.shape[1]:
        size = int(generator.integers(1, rate))
        meter.update(audio[:, place : place + size])
        place += size
    assert meter.finish() == pytest.approx(integrated_lufs(audio, rate), abs=1e-9)


def test_the_weight_of_a_frequency_is_what_the_filters_do_to_it():
    hz = np.array([20.0, 100.0, 1_000.0, 8_000.0])
    time = np.arange(5 * 48_000) / 48_000
    weighting = KWeighting(48_000)
    for power, one in zip(k_weighting_power(hz, 48_000), hz, strict=True):
        out, _ = weighting.step(np.sin(2 * np.pi * one * time)[np.newaxis], weighting.start(1))
        assert 2.0 * np.mean(out[0, 48_000:] ** 2) == pytest.approx(power, rel=1e-3)


def test_between_the_samples_lies_what_the_true_peak_meter_sees(generator):
    audio = generator.standard_normal(4_000).astype(np.float32)
    between = Fir(between_samples())
    fine, _ = between.step(np.append(audio, np.zeros(BETWEEN_REACH, np.float32)), between.start())
    seen = fine[8 * BETWEEN_REACH : 8 * 4_000]  # but for the ends
    peak = max(np.abs(seen).max(), np.abs(audio).max())
    assert 20 * np.log10(peak) == pytest.approx(true_peak_dbtp(audio, 48_000), abs=0.2)
