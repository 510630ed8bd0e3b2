import numpy as np
import pytest

from whisperwave.dsp.features.mel import (
    FLOOR_DB,
    MIDDLE_DB,
    SPAN_DB,
    mel_controls,
    mix_controls,
)

RATE, HOP, BANDS = 16_000, 160, 64


def tone(hz, seconds=1.0, level=0.1):
    return level * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)


def test_there_is_a_frame_for_each_hop_and_one_more():
    for samples in (1, 159, 160, 16_000):
        assert mel_controls(np.zeros(samples), RATE, BANDS, HOP).shape == (64, 1 + samples // HOP)


def test_silence_is_the_floor():
    assert mel_controls(np.zeros(800), RATE, BANDS, HOP) == pytest.approx(
        (FLOOR_DB - MIDDLE_DB) / SPAN_DB
    )


def test_twenty_decibels_are_one():
    noise = np.random.default_rng(0).standard_normal(RATE)
    loud, soft = (mel_controls(level * noise, RATE, BANDS, HOP) for level in (0.1, 0.01))
    assert loud - soft == pytest.approx(1.0, abs=1e-3)


def test_notes_a_tone_apart_are_told_apart():
    low, high = (mel_controls(tone(hz), RATE, BANDS, HOP)[:, 50] for hz in (440.0, 494.0))
    assert np.abs(low - high).max() > 0.5
    assert np.argmax(high) >= np.argmax(low)


def test_a_click_is_heard_in_the_frames_around_it():
    click = np.zeros(RATE)
    click[8_000] = 0.5
    heard = mel_controls(click, RATE, BANDS, HOP).max(axis=0) > -1.5
    assert heard[50]
    assert not heard[:47].any()
    assert not heard[54:].any()


def test_a_mix_is_the_outline_of_the_sounds_together(generator):
    parts = [0.1 * generator.standard_normal(4 * RATE), tone(1_000.0, 4.0)]
    heard = mel_controls(parts[0] * 0.5**0.5 + parts[1] * 0.5**0.5, RATE, BANDS, HOP)
    mixed = mix_controls([mel_controls(part, RATE, BANDS, HOP) for part in parts], [0.5, 0.5])
    assert np.abs(heard - mixed).mean() * SPAN_DB < 1.0


def test_silence_stays_silent_and_one_sound_alone_itself_in_a_mix():
    silence, sound = (mel_controls(x, RATE, BANDS, HOP) for x in (np.zeros(RATE), tone(500.0)))
    assert mix_controls([silence, silence], [0.5, 0.5]) == pytest.approx(silence, abs=1e-5)
    assert mix_controls([sound], [1.0]) == pytest.approx(sound, abs=1e-5)
