import json
import os
from pathlib import Path

import pytest

from whisperwave.cli import library as command
from whisperwave.cli import main
from whisperwave.library.clips import RATINGS


def listed(capsys):
    assert main(["library", "list", "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_an_added_clip_is_listed_with_all_that_is_known_of_it(capsys, starter_folder):
    assert main(["library", "add", str(starter_folder / "hum-1.wav"), "--style", "hum"]) == 0
    assert "2.0 s" in capsys.readouterr().out
    clip = listed(capsys)[-1]
    assert (clip["title"], clip["style"], clip["seconds"]) == ("hum-1", "hum", 2.0)
    assert (clip["rating"], clip["origin"]) == ("neutral", "user")


def test_the_same_content_is_not_added_twice(capsys, starter_folder, tmp_path):
    copy = tmp_path / "copy.wav"
    copy.write_bytes((starter_folder / "hum-1.wav").read_bytes())
    main(["library", "add", str(starter_folder / "hum-1.wav"), "--json"])
    first = json.loads(capsys.readouterr().out)
    main(["library", "add", str(copy), "--json"])
    second = json.loads(capsys.readouterr().out)
    assert (first["is_new"], second["is_new"]) == (True, False)
    assert first["number"] == second["number"]


@pytest.mark.parametrize("rating", RATINGS)
def test_a_rating_is_kept(capsys, own_clips, rating):
    assert main(["library", "rate", own_clips[0], rating]) == 0
    assert rating in capsys.readouterr().out
    assert listed(capsys)[int(own_clips[0]) - 1]["rating"] == rating


def test_the_command_offers_the_ratings_that_the_library_knows():
    assert command.RATINGS == RATINGS


def test_the_list_for_people_has_one_line_a_clip(capsys, own_clips):
    assert main(["library", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["no.", "title", "style", "seconds", "licence", "rating"]
    assert lines[-1].split()[:3] == [own_clips[-1], "my", "pulse"]
    assert len(lines) == int(own_clips[-1]) + 1


@pytest.mark.parametrize(
    ("make", "exit_code"),
    [
        (Path.touch, 3),
        (lambda path: path.write_text("not a sound at all " * 9), 3),
        (Path.mkdir, 3),
        (os.mkfifo, 3),
        (Path.absolute, 3),  # leaves it missing
    ],
    ids=["empty", "text", "folder", "fifo", "missing"],
)
def test_what_is_no_sound_is_refused_by_kind_and_nothing_is_added(
    capsys, tmp_path, make, exit_code
):
    path = tmp_path / "odd.wav"
    make(path)
    before = listed(capsys)
    assert main(["library", "add", str(path)]) == exit_code
    code, _, rest = capsys.readouterr().err.partition(": ")
    assert code.isupper()
    assert "odd.wav" in rest
    assert listed(capsys) == before


def test_a_name_that_a_terminal_would_act_on_is_shown_escaped(capsys, starter_folder, tmp_path):
    path = tmp_path / "rain\x1b[2J\nno. title.wav"
    path.write_bytes((starter_folder / "hum-1.wav").read_bytes())
    assert main(["library", "add", str(path)]) == 0
    assert main(["library", "list"]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_a_name_that_is_not_utf_8_works(capsys, starter_folder, tmp_path):
    path = tmp_path / os.fsdecode(b"bad\xff.wav")
    path.write_bytes((starter_folder / "hum-1.wav").read_bytes())
    assert main(["library", "add", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["seconds"] == 2.0


def test_a_search_shows_what_it_finds(capsys, own_clips):
    assert main(["library", "search", "my", "hum", "--json"]) == 0
    assert [clip["title"] for clip in json.loads(capsys.readouterr().out)] == ["my hum"]
    assert main(["library", "search", "nothing like it"]) == 0
    assert "No clip" in capsys.readouterr().out


def test_a_clip_is_deleted_only_when_it_is_meant(capsys, own_clips):
    assert main(["library", "delete", own_clips[0], "--json"]) == 2
    assert "NOT_CONFIRMED" in capsys.readouterr().err
    assert main(["library", "delete", own_clips[0], "--yes"]) == 0
    assert "my hum" in capsys.readouterr().out
    assert own_clips[0] not in {str(clip["number"]) for clip in listed(capsys)}


def test_clips_are_exported_as_they_were_added(capsys, own_clips, starter_folder, tmp_path):
    assert main(["library", "export", *own_clips, "-o", str(tmp_path), "--json"]) == 0
    paths = json.loads(capsys.readouterr().out)
    assert len(paths) == 3
    assert Path(paths[0]).read_bytes() == (starter_folder / "hum-1.wav").read_bytes()


def test_a_clip_is_played_aloud_by_what_the_system_has(capsys, own_clips, monkeypatch):
    heard = []
    monkeypatch.setattr("whisperwave.library.playing.way_to_play", lambda: heard.append)
    assert main(["library", "play", own_clips[0]]) == 0
    assert "my hum" in capsys.readouterr().out
    assert [audio.seconds for audio in heard] == [2.0]


def test_a_library_that_is_well_needs_no_restoring(capsys, own_clips):
    assert main(["library", "restore", "--json"]) == 4
    assert "NOT_DAMAGED" in capsys.readouterr().err


def test_a_lost_catalogue_is_restored(capsys, own_clips, data_folder):
    (data_folder / "catalogue.sqlite").unlink()
    assert main(["library", "list"]) == 4
    assert "library restore" in capsys.readouterr().err
    assert main(["library", "restore"]) == 0
    assert "recovered" in capsys.readouterr().out
    (data_folder / "catalogue.sqlite").write_bytes(b"no database")
    assert main(["library", "restore", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert len(said["recovered"]) == 3
    assert said["aside"].endswith("damaged-1")
    assert len(listed(capsys)) >= 3


def test_where_a_library_lies_badly_a_remark_says_so(capsys, data_folder, monkeypatch, tmp_path):
    monkeypatch.setenv("WHISPERWAVE_DATA", str(tmp_path / "Dropbox" / "data"))
    (tmp_path / "Dropbox").mkdir()
    assert main(["library", "list", "--json"]) == 0
    assert "CLOUD_FOLDER" in capsys.readouterr().err
