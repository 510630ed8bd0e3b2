import json

import pytest

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
