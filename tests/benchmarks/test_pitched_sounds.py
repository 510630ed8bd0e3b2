"""Sounds of known pitch have it, what is said of them is judged rightly, the page is current."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pitched_sounds import CASES, Sound, Track, judge
from pitched_sounds.cases import PITCHES_HZ, RATE, SECONDS
from whisperwave.dsp.features.f0 import extractor

PROJECT = Path(__file__).parents[2]


def track(sound: Sound, cents: float = 0.0, voiced: bool = True) -> Track:
    """What somebody says who is so many cents too high."""
    seconds = np.arange(200) / 100.0
    f0_hz = sound.f0_hz[np.rint(seconds * RATE).astype(int)]
    return Track(seconds, f0_hz * 2.0 ** (cents / 1200.0), (f0_hz > 0.0) & voiced)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_sound_is_as_long_and_as_loud_as_the_others_and_heard_where_it_has_a_pitch(case):
    sounds = list(case.sounds())
    assert len(sounds) == len(PITCHES_HZ)
    for sound in sounds:
        assert sound.audio.shape == sound.f0_hz.shape == (round(SECONDS * RATE),)
        assert 0.05 < np.sqrt(np.mean(sound.audio**2)) < 0.2
        assert np.abs(sound.audio).max() < 1.0
        tone = sound.f0_hz > 0.0
        assert sound.f0_hz[tone].min() >= 48.0
        assert sound.f0_hz.max() <= 2100.0


@pytest.mark.parametrize("cents", [0.0, 7.0, 49.0])
def test_who_is_a_little_high_is_right_and_so_much_off(cents):
    sounds = [case.make(220.0, 0) for case in CASES]
    verdict = judge(sounds, [track(sound, cents) for sound in sounds])
    assert verdict.median_cents == pytest.approx(cents, abs=1e-6)
    assert (verdict.right, verdict.gross, verdict.voicing) == (1.0, 0.0, 0.0)


def test_who_is_an_octave_off_is_wrong_and_who_is_silent_misses_all():
    sound = CASES[0].make(220.0, 0)
    high = judge([sound], [track(sound, 1200.0)])
    assert (high.right, high.gross, high.voicing) == (0.0, 1.0, 0.0)
    silent = judge([sound], [track(sound, voiced=False)])
    assert (silent.right, silent.voicing) == (0.0, 1.0)
    assert silent.median_cents is silent.gross is None


def test_frames_that_look_across_an_edge_are_not_counted():
    sound = CASES[-1].make(220.0, 0)
    said = track(sound)
    near = np.abs(said.seconds - 0.5) < 0.06
    wrong = Track(said.seconds, said.f0_hz, np.where(near, ~said.voiced, said.voiced))
    assert judge([sound], [wrong]).voicing == 0.0


@pytest.mark.parametrize("name", ["sine", "ten overtones", "no fundamental", "vibrato"])
def test_ours_reads_a_clean_tone_to_a_few_cents(name):
    case = next(case for case in CASES if case.name == name)
    sounds = [case.make(hz, 1) for hz in (98.0, 493.9)]
    rows = [extractor(RATE, 160)(sound.audio) for sound in sounds]
    tracks = [Track(np.arange(r.shape[1]) / 100.0, r[0], r[2] > 0.5) for r in rows]
    verdict = judge(sounds, tracks)
    assert verdict.median_cents < 5.0
    assert verdict.right > 0.97


def test_the_page_is_what_the_record_says():
    tool = PROJECT / "tools" / "pitch_accuracy_page.py"
    ran = subprocess.run([sys.executable, tool, "--check"], capture_output=True)
    assert ran.returncode == 0, ran.stdout.decode() + ran.stderr.decode()
