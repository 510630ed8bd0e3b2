import errno
import os
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from whisperwave.datasets.levelling import levelled
from whisperwave.datasets.sounds import read_sounds, sound_files, validation_names
from whisperwave.datasets.trimming import trimmed
from whisperwave.errors import AudioError


def write(path: Path, seconds: float = 0.5, rate: int = 16000, seed: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    audio = 0.1 * np.random.default_rng(seed).standard_normal(round(seconds * rate))
    soundfile.write(path, audio, rate)


def test_sub_folders_are_groups_and_each_keeps_a_file_aside(tmp_path: Path) -> None:
    for group in ("rain", "wind"):
        for number in range(5):
            write(tmp_path / group / f"{number}.wav", seed=number)
    sounds = read_sounds(tmp_path, 16000, validation=0.1)
    assert [e.group for e in sounds.of("validation")] == ["rain", "wind"]
    assert len(sounds.of("train")) == 8


def test_no_sample_of_a_held_out_file_is_in_a_training_file(tmp_path: Path) -> None:
    for number in range(6):
        write(tmp_path / f"{number}.wav", seed=number)
    sounds = read_sounds(tmp_path, 16000, validation=0.3)
    spans = sorted((e.start, e.stop) for e in sounds.excerpts)
    assert all(stop <= start for (_, stop), (start, _) in pairwise(spans))
    assert {e.name for e in sounds.of("train")}.isdisjoint(e.name for e in sounds.of("validation"))


def test_a_lone_file_is_cut_in_time(tmp_path: Path) -> None:
    write(tmp_path / "only.wav", seconds=2.0)
    sounds = read_sounds(tmp_path, 16000, validation=0.25)
    assert sounds.minutes("train") == pytest.approx(3 * sounds.minutes("validation"))


def test_the_split_depends_on_names_alone() -> None:
    names = [f"a/{number}" for number in range(40)]
    chosen = validation_names(names, 0.2, seed=1)
    assert chosen == validation_names(reversed(names), 0.2, seed=1)
    assert len(chosen) == 8
    assert chosen != validation_names(names, 0.2, seed=2)


def test_a_bad_file_is_reported_and_the_rest_is_read(tmp_path: Path) -> None:
    write(tmp_path / "good.wav")
    (tmp_path / "bad.wav").write_text("not a sound at all, only words")
    sounds = read_sounds(tmp_path, 16000, validation=0.1)
    assert [refusal.name for refusal in sounds.refused] == ["bad.wav"]
    assert sounds.refused[0].error.code == "NOT_AUDIO"
    assert {e.name for e in sounds.excerpts} == {"good.wav"}


def test_a21_a_silent_file_is_left_out_and_counted(tmp_path: Path) -> None:
    write(tmp_path / "good.wav")
    soundfile.write(tmp_path / "silent.wav", np.zeros(8000), 16000)
    sounds = read_sounds(tmp_path, 16000, validation=0.1)
    assert [(r.name, r.error.code) for r in sounds.refused] == [("silent.wav", "SILENT")]


def test_b3_names_that_are_not_utf8_are_read_and_split(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(bytes(tmp_path) + b"/r\xe9gen"))
    for number in range(3):
        write(tmp_path / "plain.wav", seed=number)
        folder.mkdir(exist_ok=True)
        (tmp_path / "plain.wav").rename(folder / os.fsdecode(b"%d\xff.wav" % number))
    sounds = read_sounds(tmp_path, 16000, validation=0.3)
    assert [excerpt.group for excerpt in sounds.of("train")] == ["r\\xe9gen"] * 2
    assert sounds.refused == ()


def test_b5_a_link_that_leads_back_is_not_followed(tmp_path: Path) -> None:
    write(tmp_path / "in" / "good.wav")
    (tmp_path / "in" / "back").symlink_to(tmp_path)
    assert sound_files(tmp_path) == [tmp_path / "in" / "good.wav"]


def test_b7_a_named_pipe_among_the_sounds_is_left_out(tmp_path: Path) -> None:
    write(tmp_path / "good.wav")
    os.mkfifo(tmp_path / "pipe.wav")
    sounds = read_sounds(tmp_path, 16000, validation=0.1)
    assert [refusal.error.code for refusal in sounds.refused] == ["NOT_A_FILE"]


def test_b8_a_folder_that_may_not_be_looked_into_is_named_and_the_rest_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "good.wav")
    write(tmp_path / "locked" / "hidden.wav")
    look = os.scandir

    def forbidding(path: str) -> Any:
        if Path(path).name == "locked":
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return look(path)

    monkeypatch.setattr(os, "scandir", forbidding)
    sounds = read_sounds(tmp_path, 16000, validation=0.1)
    assert [(r.name, r.error.code) for r in sounds.refused] == [("locked", "PERMISSION")]
    assert {excerpt.name for excerpt in sounds.excerpts} == {"good.wav"}


def test_b15_a_deep_tree_is_searched_to_its_bottom(tmp_path: Path) -> None:
    bottom = tmp_path.joinpath(*["d"] * 200)
    write(bottom / "deep.wav")
    assert sound_files(tmp_path) == [bottom / "deep.wav"]


def test_a_folder_without_sound_says_so(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="NO_SOUNDS"):
        read_sounds(tmp_path, 16000, validation=0.1)
    with pytest.raises(AudioError, match="NO_FOLDER"):
        read_sounds(tmp_path / "missing", 16000, validation=0.1)


def test_other_rates_and_channels_become_mono_at_the_model_s_rate(tmp_path: Path) -> None:
    stereo = 0.1 * np.random.default_rng(0).standard_normal((44100, 2))
    soundfile.write(tmp_path / "stereo.flac", stereo, 44100)
    sounds = read_sounds(tmp_path, 16000, validation=0.0)
    assert len(sounds.samples) == 16000


def test_levelled_sounds_have_one_level_and_no_dc() -> None:
    audio = levelled(0.5 + 0.003 * np.random.default_rng(0).standard_normal(16000))
    assert 20 * np.log10(np.sqrt(np.mean(audio**2))) == pytest.approx(-20.0, abs=0.01)
    assert abs(audio.mean()) < 1e-6


def test_levelling_stops_at_the_peak_and_leaves_silence_alone() -> None:
    click = np.zeros(16000)
    click[100] = 0.5
    assert np.abs(levelled(click)).max() == pytest.approx(0.9)
    assert not levelled(np.zeros(100)).any()
    assert levelled(np.zeros(0)).shape == (0,)


def test_trimming_cuts_the_ends_and_keeps_the_pause_inside() -> None:
    tone = np.sin(np.arange(8000) * 0.1).astype(np.float32)
    silence = np.zeros(16000, np.float32)
    audio = np.concatenate([silence, tone, silence, tone, silence])
    cut = trimmed(audio, 16000, 45.0)
    assert len(cut) == pytest.approx(8000 + 16000 + 8000 + 2 * 1600, abs=640)
    np.testing.assert_array_equal(trimmed(audio, 16000, None), audio)
    assert len(trimmed(silence, 16000, 45.0)) == len(silence)
