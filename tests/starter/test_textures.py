from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import starter_measures as measures
from foley import TEXTURES, takes
from foley.mastering import loudness_lufs, mastered, true_peak
from foley.textures import brushing, fire, rain, sea, stream, tapping, wind

RATE = 16000
CASES = [(style, variant) for style in TEXTURES for variant in range(4)]
VARIANTS = range(4)
NARRATED = ("train", "cafe", "whispering")  # six seconds of these hang on what is just said


def setting_of(style, variant):
    return takes.maker(style).VARIANTS[variant][1]


@cache
def texture(style, variant, seed=1, seconds=6.0):
    rng = np.random.default_rng(seed)
    return takes.render(style, setting_of(style, variant), rng, seconds, RATE)


def heard(module, setting, seconds=20.0, seed=3):
    return module.render(setting, np.random.default_rng(seed), seconds, RATE)


# Level


@pytest.mark.parametrize(("style", "variant"), CASES)
def test_every_texture_is_mastered_to_one_level_below_the_ceiling(style, variant):
    clip = mastered(texture(style, variant), RATE)
    assert -27.2 < loudness_lufs(clip, RATE) < -25.9  # the ceiling comes first for the peaky ones
    assert 20 * np.log10(true_peak(clip)) < -3
    assert np.abs(clip[:, [0, -1]]).max() < 1e-3


@pytest.mark.parametrize(("style", "variant"), CASES)
def test_every_texture_is_stereo_with_two_different_sides(style, variant):
    audio = texture(style, variant)
    assert audio.shape == (2, 6 * RATE)
    assert np.corrcoef(audio)[0, 1] < 0.97


# Seeds


@pytest.mark.parametrize("style", TEXTURES)
def test_one_seed_gives_the_same_samples(style):
    first, second = (
        takes.render(style, setting_of(style, 0), np.random.default_rng(5), 2.0, RATE)
        for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("style", TEXTURES)
def test_two_seeds_are_decorrelated_at_every_lag(style):
    first, second = (measures.white(texture(style, 0, seed)) for seed in (1, 2))
    assert measures.largest_correlation(first, second) < 0.1
    assert measures.largest_correlation(first, first) == pytest.approx(1, abs=1e-6)


# Event rates


@pytest.mark.parametrize("rate", [8, 20])
def test_rain_lets_as_many_drops_be_heard_as_fall(rate):
    drops = replace(setting_of("rain", 0), drops_per_second=rate, bubbles=0.01, bed=0.0)
    assert measures.events_per_second(heard(rain, drops), RATE) == pytest.approx(rate, rel=0.25)


@pytest.mark.parametrize("rate", [4, 10])
def test_a_stream_lets_as_many_bubbles_be_heard_as_rise(rate):
    bubbles = replace(setting_of("stream", 0), bubbles_per_second=rate, rush=0.0)
    assert measures.events_per_second(heard(stream, bubbles), RATE) == pytest.approx(rate, rel=0.3)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_fire_cracks_in_clusters_around_its_rate(variant):
    cracks = replace(setting_of("fire", variant), roar=0.0, hiss=0.0)
    rate = measures.events_per_second(heard(fire, cracks), RATE)
    assert cracks.cracks_per_second < rate < 2.5 * cracks.cracks_per_second


@pytest.mark.parametrize("variant", VARIANTS)
def test_fingers_tap_at_the_rate_of_their_groups_and_rests(variant):
    setting = setting_of("tapping", variant)
    group_s = 3 * 1.025 / setting.taps_per_second  # two to four taps
    expected = 3 / (group_s + 0.95 * setting.rest_s)
    rate = measures.events_per_second(heard(tapping, setting), RATE, jump=10)
    assert rate == pytest.approx(expected, rel=0.3)


# Modulation


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_sea_moves_with_its_waves(variant):
    setting = setting_of("sea", variant)
    audio = heard(sea, setting, seconds=40.0)
    found = measures.strongest_modulation_hz(audio, RATE, 0.05, 1.0)
    assert found == pytest.approx(1 / setting.period_s, rel=0.15)
    assert measures.modulation_share(audio, RATE, 0, 1) > 0.8


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_brush_moves_with_its_strokes(variant):
    setting = setting_of("brushing", variant)
    audio = heard(brushing, setting)
    found = measures.strongest_modulation_hz(audio, RATE, 0.4, 3.0)
    assert found == pytest.approx(setting.strokes_per_second, rel=0.05)
    assert measures.depth(audio, RATE) > 0.8


@pytest.mark.parametrize("variant", VARIANTS)
def test_wind_moves_slowly_and_its_pitch_follows_its_strength(variant):
    setting = setting_of("wind", variant)
    audio = heard(wind, setting)
    assert measures.modulation_share(audio, RATE, 0, 1) > 0.55
    seconds = audio.reshape(2, 20, RATE).transpose(1, 0, 2)
    pitch = [measures.median_hz(second, RATE) for second in seconds]
    power = [float(np.mean(second**2)) for second in seconds]
    assert np.corrcoef(np.log(pitch), np.log(power))[0, 1] > 0.5


@pytest.mark.parametrize("variant", VARIANTS)
def test_rain_is_steady_and_what_moves_in_it_is_fast(variant):
    audio = texture("rain", variant)
    assert measures.depth(audio, RATE) < 0.5
    assert measures.modulation_share(audio, RATE, 4, 25.1) > 0.35


@pytest.mark.parametrize("variant", VARIANTS)
def test_fire_and_taps_have_rare_peaks_and_heavy_rain_has_not(variant):
    heavy_rain = measures.kurtosis(texture("rain", 2))
    assert measures.kurtosis(texture("fire", variant)) > 3 * heavy_rain
    assert measures.kurtosis(texture("tapping", variant)) > 3 * heavy_rain


# Spectrum


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_stream_rings_at_the_minnaert_frequency_of_its_bubbles(variant):
    setting = replace(setting_of("stream", variant), spread=0.01, rush=0.0)
    audio = heard(stream, setting, seconds=4.0)
    minnaert_hz = 3.26 / (setting.radius_mm / 1000)
    assert measures.band_share(audio, RATE, 0.9 * minnaert_hz, 1.2 * minnaert_hz) > 0.6


@pytest.mark.parametrize(
    ("style", "low_hz", "high_hz"),
    [("rain", 1500, 4000), ("stream", 350, 1500), ("wind", 200, 1000), ("brushing", 3000, 7000)],
)
@pytest.mark.parametrize("variant", VARIANTS)
def test_half_the_power_lies_where_the_style_has_its_place(style, low_hz, high_hz, variant):
    assert low_hz < measures.median_hz(texture(style, variant), RATE) < high_hz


def test_a_tap_is_lowest_where_its_object_is_largest():
    pitches = [measures.median_hz(texture("tapping", variant), RATE) for variant in (2, 0, 3, 1)]
    assert pitches == sorted(pitches)


# Distinct styles, different clips


@cache
def signature(style, variant, seed):
    audio = texture(style, variant, seed)
    shares = [measures.modulation_share(audio, RATE, *band) for band in ((0, 1), (1, 4), (4, 25.1))]
    bands = measures.octave_levels_db(audio, RATE) / 10
    return np.array(
        [*bands, np.log2(measures.kurtosis(audio)), 2 * measures.depth(audio, RATE), *shares]
    )


@pytest.mark.parametrize(("style", "variant"), CASES)
def test_spectrum_and_modulation_tell_the_style(style, variant):
    asked = signature(style, variant, seed=2)
    known = [signature(*case, seed=1) for case in CASES]
    nearest = np.argmin([np.linalg.norm(asked - one) for one in known])
    assert CASES[nearest][0] == style


@pytest.mark.parametrize("style", TEXTURES)
def test_the_four_clips_of_a_style_differ_more_than_two_seeds_of_one(style):
    clips = [signature(style, variant, seed=1) for variant in VARIANTS]
    others = [np.linalg.norm(a - b) for i, a in enumerate(clips) for b in clips[:i]]
    seeds = [
        np.linalg.norm(clips[variant] - signature(style, variant, seed=2)) for variant in VARIANTS
    ]
    least = 1.2 if style in NARRATED else 1.5
    assert np.median(others) > least * np.median(seeds)
