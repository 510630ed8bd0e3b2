from pathlib import Path

import pytest
from tinytag.tinytag import _ID3

from whisperwave.errors import ConfigError
from whisperwave.library.collections import read_genres, shipped_genres

TABLE = shipped_genres()


@pytest.fixture
def own(tmp_path: Path):
    """Reads a table of this text."""

    def read(text: str):
        path = tmp_path / "genres.toml"
        path.write_text(text)
        return read_genres(path)

    return read


@pytest.mark.parametrize(
    ("text", "genre"),
    [
        ("Metalcore", "metal"), ("Hip-Hop|Rap", "hip-hop"), ("HIP HOP", "hip-hop"),
        ("Melodic Death Metal", "metal"), ("deathmetal", "metal"), ("Rap Metal", "metal"),
        ("Jazz Rap", "hip-hop"), ("Classic Rock", "rock"), ("Classical", "classical"),
        ("R&B", "rnb-and-soul"), ("Rhythm and Blues", "rnb-and-soul"), ("r'n'b", "rnb-and-soul"),
        ("Rock 'n' Roll", "rock"), ("Rock & Roll", "rock"), ("Rock+Roll", "rock"),
        ("Drum & Bass", "drum-and-bass"), ("drum’n’bass", "drum-and-bass"),
        ("DnB", "drum-and-bass"),
        ("Post-Hardcore", "hardcore"), ("Hardcore", "hardcore"), ("Hardcore Techno", "techno"),
        ("Indie Pop", "pop"), ("Indie Rock", "rock"), ("Pop/Funk", "funk"), ("Folk-Rock", "folk"),
        ("Pop; Rock", "pop"), ("something else, Jazz", "jazz"), ("Chanson française", "folk"),
        ("Música Clásica", "classical"), ("Children's Music", "children"), ("Jazz+Funk", "funk"),
        ("", None), ("???", None), ("Unheard-of", None), ("*", None),
    ],
)  # fmt: skip
def test_a_genre_is_found_by_its_words_however_they_are_written(text, genre):
    assert TABLE.fold(text) == genre


def test_the_genres_that_every_player_knows_are_in_the_shipped_table():
    unknown = {name for name in _ID3._ID3V1_GENRES if TABLE.fold(name) is None}
    vague = {"Other", "Instrumental", "Cult", "Retro", "Primus", "Porn Groove", "Drum Solo"}
    assert unknown == vague


def test_an_own_table_takes_the_place_of_the_shipped_one(own):
    table = own('[genres]\nloud = ["metal", "*core"]\nquiet = ["ambient"]\n')
    assert table.genres == ("loud", "quiet")
    assert table.fold("Black Metal") == table.fold("Grindcore") == "loud"
    assert table.fold("Jazz") is None


def test_an_own_table_can_go_before_the_shipped_one(own):
    table = own('extend = true\n[genres]\nloud = ["metal"]\n')
    assert table.fold("Metal") == "loud"
    assert table.fold("Jazz") == "jazz"


def test_the_longest_phrase_wins_and_then_the_last(own):
    table = own('[genres]\na = ["new"]\nb = ["wave"]\nc = ["new wave"]\nd = ["new*"]\n')
    assert table.fold("very new wave indeed") == "c"
    assert table.fold("wave new") == "a"
    assert table.fold("newer") == "d"


@pytest.mark.parametrize(
    "text",
    [
        "", "[genres]", "genres = 3", "[genres]\na = []", '[genres]\na = "x"', "[genres]\na = [3]",
        '[genres]\na = ["!"]', '[genres]\na = ["x"]\nb = ["X!"]', '[genres]\na = ["x*y"]',
        '[genres]\na = ["*"]', '[genres]\na = ["*x*"]', '[genres]\na = ["new *wave"]',
        'other = 1\n[genres]\na = ["x"]', 'extend = 1\n[genres]\na = ["x"]', "not toml",
    ],
)  # fmt: skip
def test_a_table_that_makes_no_sense_is_refused(own, text):
    with pytest.raises(ConfigError) as caught:
        own(text)
    assert caught.value.code == "GENRES_BAD"
    assert "genres.toml" in caught.value.message


def test_a_table_that_is_not_utf_8_is_refused(tmp_path):
    (tmp_path / "g.toml").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="GENRES_BAD"):
        read_genres(tmp_path / "g.toml")


def test_a_table_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.toml") as caught:
        read_genres(tmp_path / "none.toml")
    assert caught.value.code == "NO_SUCH_FILE"
