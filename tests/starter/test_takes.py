import numpy as np
import pytest
import soundfile
from foley import STYLES, recording, takes
from foley.textures.rain import Rain


def test_starter_and_training_takes_never_share_their_random_numbers():
    drawn = [
        takes.generator(style, family, number).integers(2**63)
        for style in STYLES
        for family in (takes.STARTER, takes.TRAINING)
        for number in range(1, 40)
    ]
    assert len(set(drawn)) == len(drawn)


@pytest.mark.parametrize("style", STYLES)
def test_every_style_has_four_settings_under_four_titles(style):
    variants = takes.maker(style).VARIANTS
    assert len(variants) == 4
    assert len({title for title, _ in variants}) == 4
    assert len({setting for _, setting in variants}) == 4


@pytest.mark.parametrize("style", STYLES)
def test_a_drawn_setting_has_each_number_between_the_variants(style):
    variants = [setting for _, setting in takes.maker(style).VARIANTS]
    drawn = takes.drawn_setting(style, np.random.default_rng(3))
    for name, value in vars(drawn).items():
        known = [getattr(setting, name) for setting in variants]
        if isinstance(value, str):
            assert value in known
        else:
            assert min(known) <= value <= max(known)


def test_a_setting_between_two_is_the_middle_of_neither():
    first, second = Rain(10, 1, 0.1, 1, 4000), Rain(1000, 100, 0.9, 2, 8000)
    drawn = takes.between(first, second, np.random.default_rng(1))
    assert first.drops_per_second < drawn.drops_per_second < second.drops_per_second
    assert drawn == takes.between(first, second, np.random.default_rng(1))


def test_a_training_take_is_lossless_at_the_rate_and_channels_asked_for(tmp_path):
    path = tmp_path / "rain" / "rain-0001.flac"
    recording.training_take(path, "rain", 1, 2.0, 16000, 1)
    info = soundfile.info(path)
    assert (info.format, info.subtype) == ("FLAC", "PCM_16")
    assert (info.samplerate, info.channels, info.frames) == (16000, 1, 32000)
