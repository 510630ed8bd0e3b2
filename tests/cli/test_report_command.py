import json

import numpy as np
import pytest
import soundfile

from whisperwave.cli import main

LOG = "\n".join(f"step {n} - loss = {5 - n / 50}, (2.0 sec/step)" for n in range(100))


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "log.txt"
    path.write_text(LOG)
    return path


def test_a_report_is_said_in_sentences(log, capsys):
    assert main(["report", str(log)]) == 0
    said = capsys.readouterr().out
    assert "log.txt: steps 0 to 99, 0.0556 hours of computing." in said
    assert "Verdict: under-fitting." in said


def test_a_report_is_written_as_a_page_and_as_json(log, tmp_path, capsys):
    page = tmp_path / "page"
    assert main(["report", str(log), "--output", str(page), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["page"] == str(page / "index.html")
    assert said["verdict"]["word"] == "under-fitting"
    assert (page / "loss.png").exists()


def test_machines_are_named_by_hand(log, capsys):
    assert main(["report", str(log), "--moved-at", "20", "60", "--json"]) == 0
    restarts = json.loads(capsys.readouterr().out)["restarts"]
    assert [(each["step"], each["kind"]) for each in restarts] == [(20, "machine"), (60, "machine")]


def test_a_missing_log_is_named(tmp_path, capsys):
    assert main(["report", str(tmp_path / "gone.txt")]) == 2
    error = capsys.readouterr().err
    assert "NO_SUCH_LOG" in error
    assert "gone.txt" in error


@pytest.fixture
def sounds(tmp_path):
    rng = np.random.default_rng(0)
    for take in range(2):
        (tmp_path / "sounds" / "hiss").mkdir(parents=True, exist_ok=True)
        path = tmp_path / "sounds" / "hiss" / f"{take}.wav"
        soundfile.write(path, 0.1 * rng.standard_normal(16_000), 16_000)
    return tmp_path / "sounds"


def test_a_folder_of_sounds_is_reported_too(sounds, tmp_path, capsys):
    assert main(["report", str(sounds), "--output", str(tmp_path / "page")]) == 0
    said = capsys.readouterr().out
    assert "sounds: 2 files of 1 class, 0.0333 minutes." in said
    assert "No file was left out." in said
    assert (tmp_path / "page" / "index.html").exists()


def test_a_report_on_sounds_is_json_too(sounds, capsys):
    assert main(["report", str(sounds), "--json"]) == 0
    said = capsys.readouterr().out
    assert json.loads(said)["classes"] == {"hiss": {"all": {"files": 2, "minutes": 0.033}}}


@pytest.mark.parametrize("words", [["--moved-at", "3"], ["--grid", "grid.json"]])
def test_what_belongs_to_runs_is_refused_for_sounds(sounds, words, capsys):
    assert main(["report", str(sounds), *words]) == 2
    error = capsys.readouterr().err
    assert "BAD_OPTION" in error
    assert words[0] in error


def test_a_set_is_reported_alone(sounds, log, capsys):
    assert main(["report", str(sounds), str(log)]) == 2
    assert "not 2 sources together" in capsys.readouterr().err


def test_a_damaged_set_is_said_to_be_damaged(tmp_path, capsys):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "manifest.json").write_text('{"format": "something else"}')
    assert main(["report", str(tmp_path / "set")]) == 3
    assert "SET_DAMAGED" in capsys.readouterr().err
