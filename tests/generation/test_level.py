import numpy as np
import pytest

from whisperwave.dsp.features.mel import mel_controls
from whisperwave.dsp.loudness import integrated_lufs
from whisperwave.dsp.resampling import resample
from whisperwave.generation.level import MelLevel, expected_lufs, picks_lufs
from whisperwave.generation.material import Material
from whisperwave.generation.picks import Pick
from whisperwave.generation.widening import BANDS, wide_outline

RATE, HOP = 16_000, 160


@pytest.mark.parametrize("colour", ["white", "dark", "tone", "pulsing"])
def test_the_outline_of_a_sound_tells_its_loudness(generator, colour):
    white = generator.standard_normal(10 * RATE)
    time = np.arange(len(white)) / RATE
    audio = {
        "white": 0.1 * white,
        "dark": resample(resample(0.1 * white, RATE, 2_000), 2_000, RATE),
        "tone": 0.3 * np.sin(2 * np.pi * 700 * time),
        "pulsing": 0.1 * white * (np.sin(2 * np.pi * 0.5 * time) > 0),
    }[colour].astype(np.float32)
    power = MelLevel(RATE, 64).power(mel_controls(audio, RATE, 64, HOP))
    found = expected_lufs(np.array_split(power, 5), HOP / RATE)
    assert found == pytest.approx(integrated_lufs(audio, RATE), abs=0.4)


def test_left_and_right_are_counted_together(generator):
    mid, side = 0.1 * generator.standard_normal((2, 5 * 48_000))
    stereo = np.stack([mid + 0.5 * side, mid - 0.5 * side]).astype(np.float32)
    power = MelLevel(48_000, BANDS).power_of_both(wide_outline(stereo, 48_000, 480))
    assert expected_lufs([power], 0.01) == pytest.approx(integrated_lufs(stereo, 48_000), abs=0.3)


@pytest.mark.parametrize("frame_seconds", [0.01, 1.0, 5.0])
def test_frames_may_be_longer_than_the_windows_of_a_loudness(frame_seconds):
    assert expected_lufs([np.full(3, 0.1)], frame_seconds) == pytest.approx(-10.69, abs=0.01)


def test_silence_has_no_loudness():
    assert expected_lufs([np.zeros(500)], 0.01) == -np.inf


def test_picks_count_by_their_shares(generator):
    loud = (0.1 * generator.standard_normal(RATE)).astype(np.float32)
    picks = [Material(Pick(1), 0.5, loud, "a"), Material(Pick(2), 0.5, 0.001 * loud, "b")]
    assert picks_lufs(picks, RATE) == pytest.approx(integrated_lufs(loud, RATE) - 3.01, abs=0.1)
