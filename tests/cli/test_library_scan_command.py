import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from whisperwave.cli import main
from whisperwave.library.listing import read_listing

SONGS = (("a.wav", "Metalcore", 3.0), ("b.flac", "Jazz", 2.0), ("c.ogg", "Jazz", 2.0))


@pytest.fixture
def music(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three songs, in the folder beside the one that the command runs in."""
    folder = tmp_path / "music"
    folder.mkdir()
    for name, genre, seconds in SONGS:
        with soundfile.SoundFile(folder / name, "w", 16000, 1) as file:
            file.genre, file.artist = genre, "someone"
            file.write(0.1 * np.random.default_rng(1).standard_normal(int(16000 * seconds)))
    (folder / "notes.txt").write_text("nothing to hear\n")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return folder


def test_a_scan_says_the_classes_and_what_was_skipped(capsys, music):
    assert main(["library", "scan", str(music)]) == 0
    said = capsys.readouterr().out
    for words in ("3 files", "2 classes", "jazz", "metal", "NOT_AUDIO", "listing.json"):
        assert words in said
    assert read_listing(Path("listing.json")).classes == ("jazz", "metal")


def test_a_scan_as_json_has_the_census_and_the_counts_by_code(capsys, music):
    words = (
        "--class genre,artist --require artist --min-minutes 0.01 --first-minutes 0.02 --top 1"
        " --rate 16000 --json -o mine.json"
    )
    assert main(["library", "scan", str(music), *words.split()]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["census"]["classes"] == {"jazz / someone": {"files": 2, "minutes": 0.04}}
    assert said["census"]["skipped"] == {"NOT_AUDIO": 1, "NOT_TOP": 1}
    assert (said["read"], said["unchanged"], said["vanished"]) == (4, 0, 0)
    listing = read_listing(Path("mine.json"))
    assert listing.target_rate == 16000
    assert [item.first_seconds for item in listing.items] == [1.2, 1.2]


def test_census_and_picture_are_written_where_asked(capsys, music):
    words = ["--census", "census.json", "--picture", "census.png", "--json"]
    assert main(["library", "scan", str(music), *words]) == 0
    said = json.loads(capsys.readouterr().out)
    assert json.loads(Path("census.json").read_text()) == said["census"]
    assert Path("census.png").read_bytes().startswith(b"\x89PNG")


def test_an_own_table_of_genres_is_used(capsys, music):
    Path("genres.toml").write_text('[genres]\nquiet = ["jazz"]\n')
    assert main(["library", "scan", str(music), "--genres", "genres.toml"]) == 0
    assert "UNKNOWN_GENRE" in capsys.readouterr().out
    assert read_listing(Path("listing.json")).classes == ("quiet",)


def test_classes_are_not_needed(music):
    assert main(["library", "scan", str(music), "--class", "", "--check"]) == 0
    items = read_listing(Path("listing.json")).items
    assert [item.class_name for item in items] == [None] * 3
    assert all(item.sha256 for item in items)


def test_many_classes_are_shown_in_part(capsys, music):
    for number in range(30):
        with soundfile.SoundFile(music / f"{number}.wav", "w", 16000, 1) as file:
            file.artist = f"artist {number}"
            file.write(np.zeros(800))
    assert main(["library", "scan", str(music), "--class", "artist"]) == 0
    assert "11 classes more" in capsys.readouterr().out


def test_a_folder_that_is_none_is_refused(capsys, music):
    assert main(["library", "scan", str(music / "none"), "--json"]) == 3
    assert json.loads(capsys.readouterr().err)["error"]["code"] == "NO_FOLDER"


def test_a_rate_that_cannot_be_is_refused(capsys, music):
    assert main(["library", "scan", str(music), "--rate", "7"]) == 2
    assert "sample rate" in capsys.readouterr().err
    assert not Path("listing.json").exists()


def test_the_census_of_a_listing_is_that_of_its_scan(capsys, music):
    main(["library", "scan", str(music), "--json"])
    scanned = json.loads(capsys.readouterr().out)["census"]
    assert main(["library", "census", "listing.json", "--picture", "c.png", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == scanned | {"skipped": {}}
    assert Path("c.png").exists()
    assert main(["library", "census", "listing.json"]) == 0
    assert "3 files" in capsys.readouterr().out


def test_the_census_of_no_listing_is_refused(capsys):
    assert main(["library", "census", "none.json"]) == 4
    assert "LISTING_MISSING" in capsys.readouterr().err
