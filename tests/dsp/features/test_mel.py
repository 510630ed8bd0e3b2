import numpy as np
import pytest

from whisperwave.dsp.features.mel import FLOOR_DB, MIDDLE_DB, SPAN_DB, mel_controls

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
