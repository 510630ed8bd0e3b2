"""Real programs play a real file: here ones that write down what they were given."""

import importlib.util
import os
import stat
import wave
from pathlib import Path

import numpy as np
import pytest

from whisperwave.errors import OutputError
from whisperwave.library import Audio
from whisperwave.library.playing import play_aloud

SOUND = Audio(np.array([[0.0, 0.5, -1.0, 2.0], [0.0, 0.25, 1.0, -2.0]], np.float32), 16_000)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A PATH with nothing in it but the players that a test puts there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "sounddevice" else find(name)
    )

    def put(name: str, script: str) -> None:
        path = folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    return put


@pytest.mark.skipif(os.name != "posix", reason="the players of these tests are shell scripts")
@pytest.mark.parametrize("name", ["pw-play", "aplay", "afplay"])
def test_a_player_of_the_system_is_given_a_wav_of_the_clip(programs, tmp_path, name):
    kept = tmp_path / "kept.wav"
    programs(name, f'/bin/cp "$1" "{kept}"')
    play_aloud(SOUND)
    with wave.open(str(kept)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (2, 16_000, 4)
        played = np.frombuffer(file.readframes(4), "<i2").reshape(-1, 2).T
    assert played.tolist() == [[0, 16_384, -32_767, 32_767], [0, 8_192, 32_767, -32_767]]


@pytest.mark.skipif(os.name != "posix", reason="the players of these tests are shell scripts")
def test_a_player_that_fails_is_named_with_what_it_said(programs):
    programs("aplay", "echo no such device >&2; exit 1")
    with pytest.raises(OutputError, match="aplay could not play: no such device") as caught:
        play_aloud(SOUND)
    assert caught.value.code == "PLAYER_FAILED"


def test_without_any_player_the_remedy_says_what_to_install(programs):
    with pytest.raises(OutputError) as caught:
        play_aloud(SOUND)
    assert caught.value.code == "NO_PLAYER"
    assert "whisperwave[play]" in caught.value.remedy
