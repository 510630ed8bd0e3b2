"""The second dozen's textures: each does what its maker says that it does."""

from dataclasses import replace

import numpy as np
import pytest
import starter_measures as measures
from foley import paper, speech, takes
from foley.noise import unit
from foley.room import reverberated
from foley.textures import (
    cafe,
    crinkling,
    drum,
    forest_night,
    page_turning,
    purring,
    roof_rain,
    train,
    whispering,
)

RATE = 16000
VARIANTS = range(4)


def setting_of(style, variant):
    return takes.maker(style).VARIANTS[variant][1]


def heard(module, setting, seconds=12.0, seed=3):
    return module.render(setting, np.random.default_rng(seed), seconds, RATE)


# Rain on a roof


@pytest.mark.parametrize("rate", [6, 12])
def test_a_roof_lets_as_many_drops_be_heard_as_fall(rate):
    silent = replace(setting_of("roof-rain", 1), drops_per_second=rate, bed=0.0)
    audio = heard(roof_rain, replace(silent, drips_per_second=0.05), seconds=20.0)
    assert measures.events_per_second(audio, RATE) == pytest.approx(rate, rel=0.4)


def test_a_tin_roof_sounds_higher_than_a_tent():
    tin, tent = (heard(roof_rain, setting_of("roof-rain", variant)) for variant in (0, 2))
    assert measures.median_hz(tin, RATE) > 1.2 * measures.median_hz(tent, RATE)


@pytest.mark.parametrize("variant", VARIANTS)
def test_rain_on_a_roof_is_lower_than_rain_and_as_steady(variant):
    audio = heard(roof_rain, setting_of("roof-rain", variant))
    assert measures.median_hz(audio, RATE) < 1000
    assert measures.depth(audio, RATE) < 0.6


# Forest at night


def test_crickets_are_a_thermometer():
    assert forest_night.chirps_per_second(10) == pytest.approx(40 / 60)
    assert forest_night.chirps_per_second(20) == pytest.approx((40 + 4 * 18) / 60)


@pytest.mark.parametrize("variant", VARIANTS)
def test_crickets_sing_at_their_pitch(variant):
    setting = replace(setting_of("forest-night", variant), trills=0.0, leaves=0.0)
    audio = heard(forest_night, setting)
    song = measures.band_share(audio, RATE, 0.8 * setting.song_hz, 1.25 * setting.song_hz)
    owl = measures.band_share(audio, RATE, 0.8 * setting.owl_hz, 1.25 * setting.owl_hz)
    assert song > 0.4
    assert song + owl > 0.9


# Paper


def test_snaps_have_the_power_law_that_was_asked_for():
    energies = paper.amplitudes(np.random.default_rng(1), 200_000, 1.5) ** 2
    lower, upper = (np.sum((energies >= e) & (energies < 2 * e)) for e in (0.002, 0.004))
    assert 1 - np.log2(upper / lower) == pytest.approx(1.5, abs=0.05)
    assert energies.max() <= paper.LOUDEST**2 + 1e-9
    assert energies.min() >= paper.SOFTEST**2


def test_an_exponent_of_one_is_even_on_a_logarithmic_scale():
    decades = np.log10(paper.amplitudes(np.random.default_rng(1), 100_000, 1.0))
    assert decades.mean() == pytest.approx(np.log10(paper.SOFTEST * paper.LOUDEST) / 2, abs=0.01)


@pytest.mark.parametrize("variant", VARIANTS)
def test_crinkling_has_rare_peaks_and_moves_with_the_hand(variant):
    setting = setting_of("crinkling", variant)
    audio = heard(crinkling, setting, seconds=30.0)
    assert measures.kurtosis(audio) > 10
    found = measures.strongest_modulation_hz(audio, RATE, 0.25, 1.5)
    assert found == pytest.approx(setting.squeezes_per_second, rel=0.3)


@pytest.mark.parametrize("variant", VARIANTS)
def test_pages_turn_at_their_rate(variant):
    setting = setting_of("page-turning", variant)
    audio = heard(page_turning, setting, seconds=30.0)
    envelope = np.sqrt(measures.powers(audio, RATE, 0.1))
    smooth = np.convolve(envelope, np.hanning(7), mode="same")
    loud = smooth > 0.35 * smooth.max()
    turns = np.sum(loud[1:] & ~loud[:-1])
    assert turns / 30.0 == pytest.approx(1 / (1.02 * setting.every_s), rel=0.3)


# Purring


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_cat_purrs_at_its_rate_and_breathes(variant):
    setting = setting_of("purring", variant)
    audio = heard(purring, setting, seconds=20.0)
    frequencies, spectrum = measures.modulation(audio, RATE, frame_s=0.004)
    fast = (frequencies > 15) & (frequencies < 45)
    found = frequencies[fast][spectrum[fast].argmax()]
    assert found == pytest.approx(setting.pulses_hz, rel=0.12)
    slow = measures.strongest_modulation_hz(audio, RATE, 0.3, 3.0)
    rates = np.array([1, 2]) / (0.97 * setting.breath_s)  # each breath is out and in
    assert np.min(np.abs(np.log(slow / rates))) < np.log(1.15)


# Train


def test_wheels_meet_joints_in_the_rhythm_of_their_distances():
    setting = setting_of("train", 2)
    times, distance = train.blow_times(setting, np.random.default_rng(1), 60.0)
    near = np.sort(times[distance == distance.min()])
    gaps = np.diff(near)
    assert np.median(gaps) == pytest.approx(train.RAIL_M / setting.metres_per_second, rel=0.05)


def test_the_nearest_wheels_are_the_loudest():
    setting = replace(setting_of("train", 1), rumble=0.0, air=0.0)
    audio = heard(train, setting)
    assert measures.kurtosis(audio) > 6
    assert measures.band_share(audio, RATE, 50, 600) > 0.7


# Café and whisper


def test_speech_pauses_and_keeps_its_formants_among_the_vowels():
    said = speech.spoken(np.random.default_rng(2), 20.0, 4.0, 0.6)
    assert 0.05 < np.mean(said.vowel < 0.02) < 0.6
    low, high = speech.VOWELS_HZ.min(axis=0), speech.VOWELS_HZ.max(axis=0)
    assert (said.formants_hz >= low[:, None] - 1).all()
    assert (said.formants_hz <= high[:, None] + 1).all()
    assert said.fricatives.max() <= 1


def test_a_tract_is_loudest_at_its_formants():
    bins = np.arange(0, 4000, 10.0)
    gain = speech.tract(np.array([[500.0], [1500.0], [2500.0]]), 1.0, bins)[0]
    peaks = bins[1:-1][(gain[1:-1] > gain[:-2]) & (gain[1:-1] > gain[2:])]
    np.testing.assert_allclose(peaks, [500, 1500, 2500, 3500], atol=60)


def test_a_flat_tract_lets_everything_through():
    noise = np.random.default_rng(1).normal(0, 1, RATE)
    hop, size = speech.frame(RATE)
    flat = np.ones((RATE // hop + 2, size // 2 + 1))
    np.testing.assert_allclose(speech.through(noise, flat, RATE), noise, atol=1e-5)


def test_more_talkers_murmur_more_evenly():
    few, many = (
        heard(cafe, replace(setting_of("cafe", 0), talkers=talkers, cups_per_second=0.05), 6.0)
        for talkers in (2, 16)
    )
    assert measures.depth(many, RATE) < 0.8 * measures.depth(few, RATE)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_whisper_moves_with_its_syllables_and_has_no_pitch(variant):
    audio = heard(whispering, setting_of("whispering", variant))
    assert measures.modulation_share(audio, RATE, 1, 10) > 0.4
    assert measures.kurtosis(unit(audio)) > 4
    frame = measures.white(audio)[RATE : 3 * RATE]
    correlated = np.correlate(frame, frame[4000:-4000], mode="valid") / np.sum(
        frame[4000:-4000] ** 2
    )
    away = np.abs(np.arange(correlated.size) - 4000) > 40
    assert np.abs(correlated[away]).max() < 0.2


# Drum and room


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_heart_beats_twice_and_rests(variant):
    setting = setting_of("drum", variant)
    times, force = drum.strokes(setting, np.random.default_rng(1), 20.0)
    beat = 60 / setting.beats_per_minute
    assert np.median(np.diff(times[::2])) == pytest.approx(beat, rel=0.05)
    assert np.median(times[1::2] - times[::2]) == pytest.approx(setting.gap * beat, rel=0.1)
    assert (force[1::2] < force[::2]).all()


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_drum_opens_softly_and_rings_at_its_head(variant):
    setting = setting_of("drum", variant)
    audio = heard(drum, setting)
    assert measures.band_share(audio, RATE, 0.8 * setting.head_hz, 3 * setting.head_hz) > 0.75
    assert measures.band_share(audio, RATE, 2000, 8000) < 0.01


def test_a_room_dies_away_in_its_time_at_the_level_asked_for():
    click = np.zeros((2, 2 * RATE), np.float32)
    click[:, 100] = 1
    wet = reverberated(np.random.default_rng(1), click, RATE, 1.0, 0.5) - click
    assert np.sqrt(np.mean(wet**2) / np.mean(click**2)) == pytest.approx(0.5, rel=0.01)
    early, late = (np.mean(wet[:, at : at + 1600] ** 2) for at in (1700, 9700))
    assert 10 * np.log10(early / late) == pytest.approx(30, abs=3)  # half of the 60 dB
