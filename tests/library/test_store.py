import hashlib
import json
import os
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from whisperwave.errors import (
    AudioError,
    ConfigError,
    LibraryError,
    OutputError,
    WhisperwaveError,
)
from whisperwave.library import Library, open_library
from whisperwave.library.store import data_folder

MakeSound = Callable[..., Path]


def code_of(error: pytest.ExceptionInfo[WhisperwaveError]) -> str:
    return error.value.code


def files_in(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def test_the_first_opening_numbers_the_starter_clips_in_catalogue_order(library: Library) -> None:
    clips = library.list()
    assert [(clip.number, clip.style) for clip in clips] == [(1, "rain"), (2, "sea"), (3, "fire")]
    assert {clip.origin for clip in clips} == {"starter"}
    assert {clip.rating for clip in clips} == {"neutral"}
    assert clips[0].licence == "Apache-2.0"


def test_a_starter_clip_is_read_from_the_package_and_not_copied(library: Library) -> None:
    audio = library.audio(2)
    assert (audio.channels, audio.sample_rate) == (2, 16000)
    assert "starter" in library.path(2).parts
    assert not (library.folder / "clips").exists()


@pytest.mark.parametrize("name", ["rain.wav", "rain.flac", "rain.ogg", "rain.mp3", "rain.aiff"])
def test_an_added_file_gets_the_next_number_and_can_be_heard(
    library: Library, make_sound: MakeSound, name: str
) -> None:
    added = library.add(make_sound(name), style="rain")
    assert added.is_new
    assert (added.clip.number, added.clip.title, added.clip.style) == (4, "rain", "rain")
    assert (added.clip.origin, added.clip.rating) == ("user", "neutral")
    assert library.list()[-1] == added.clip
    assert library.audio(4).seconds == pytest.approx(added.clip.seconds) == pytest.approx(0.5)


def test_the_original_bytes_are_kept_under_their_digest(
    library: Library, make_sound: MakeSound
) -> None:
    original = make_sound("mine.mp3").read_bytes()
    clip = library.add(library.folder.parent / "mine.mp3").clip
    kept = library.folder / "clips" / clip.digest[:2] / clip.digest
    assert kept.read_bytes() == original
    assert library.path(clip.number) == kept


def test_the_same_content_again_is_the_same_clip_whatever_its_name(
    library: Library, make_sound: MakeSound
) -> None:
    path = make_sound("first.wav")
    first = library.add(path)
    again = library.add(path.rename(path.with_name("second.wav")), title="Other")
    assert first.is_new
    assert not again.is_new
    assert again.clip == first.clip
    assert len(library.list()) == 4


def test_a_starter_clip_made_again_keeps_its_number_and_its_rating(
    library: Library, starter_folder: Path
) -> None:
    library.rate(2, "love")
    catalogue = json.loads((starter_folder / "catalogue.json").read_text())
    again = starter_folder / catalogue["clips"][1]["file"]
    soundfile.write(again, np.full(8000, 0.1), 16000)
    catalogue["clips"][1]["sha256"] = hashlib.sha256(again.read_bytes()).hexdigest()
    (starter_folder / "catalogue.json").write_text(json.dumps(catalogue))
    library.close()
    with open_library(library.folder, starter_folder) as newer:
        assert [clip.number for clip in newer.list()] == [1, 2, 3]
        assert newer.clip(2).rating == "love"
        assert newer.audio(2).samples.shape[-1] == 8000


def test_a_starter_clip_that_is_added_by_hand_stays_one_clip(
    library: Library, starter_folder: Path
) -> None:
    added = library.add(starter_folder / "clips" / "sea-1.ogg")
    assert not added.is_new
    assert added.clip.number == 2
    assert not (library.folder / "clips").exists()


def test_numbers_and_ratings_outlive_a_restart(
    library: Library, make_sound: MakeSound, starter_folder: Path
) -> None:
    library.add(make_sound("own.wav"))
    library.rate(4, "love")
    before = library.list()
    library.close()
    with open_library(library.folder, starter_folder) as reopened:
        assert reopened.list() == before
        assert reopened.clip(4).rating == "love"


def test_clips_of_a_newer_package_go_to_the_end(
    library: Library, make_sound: MakeSound, starter_folder: Path
) -> None:
    own = library.add(make_sound("own.wav")).clip
    library.close()
    path = starter_folder / "catalogue.json"
    catalogue = json.loads(path.read_text())
    newer = dict(catalogue["clips"][0], sha256="ab" * 32, style="harp")
    path.write_text(json.dumps(catalogue | {"clips": [newer, *catalogue["clips"]]}))
    with open_library(library.folder, starter_folder) as reopened:
        assert [clip.number for clip in reopened.list()] == [1, 2, 3, 4, 5]
        assert reopened.clip(4) == own
        assert reopened.clip(5).style == "harp"


def test_a_package_without_a_starter_library_opens_empty(tmp_path: Path) -> None:
    with open_library(tmp_path / "data", tmp_path / "nothing") as library:
        assert library.list() == ()
        with pytest.raises(LibraryError, match="the library is empty"):
            library.clip(1)


@pytest.mark.parametrize("number", [0, -1, 99])
def test_an_unknown_number_is_answered_with_those_there_are(library: Library, number: int) -> None:
    text = f"There is no clip number {number}; the library has 1 to 3."
    for ask in (library.clip, library.audio, lambda n: library.rate(n, "love")):
        with pytest.raises(LibraryError, match=text) as error:
            ask(number)
        assert code_of(error) == "NO_SUCH_CLIP"


def test_a_rating_that_is_none_is_refused(library: Library) -> None:
    with pytest.raises(ConfigError, match="love, neutral, not-for-me"):
        library.rate(1, "great")
    assert library.clip(1).rating == "neutral"


@pytest.mark.parametrize(
    "name",
    ["a\nb.wav", "'quoted\".wav", "back\\slash.wav", "-rf.wav", " space.wav", "\u202eevil.wav"],
)
def test_an_awkward_name_works_and_shows_on_one_line(
    library: Library, make_sound: MakeSound, name: str
) -> None:
    title = library.add(make_sound(name)).clip.title
    assert title.isprintable()
    assert json.loads(json.dumps(title)) == title


def test_names_that_are_not_utf8_are_kept_as_bytes(
    library: Library, make_sound: MakeSound, tmp_path: Path
) -> None:
    path = make_sound("plain.wav").rename(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff.wav"))
    clip = library.add(path).clip
    assert clip.title == "bad\\xff"
    assert library.source_path(clip.number) == os.fsencode(path)
    assert library.audio(clip.number).seconds == pytest.approx(0.5)


def test_two_names_that_look_alike_stay_two_clips(library: Library, make_sound: MakeSound) -> None:
    composed = library.add(make_sound("caf\u00e9.wav", 440.0)).clip
    decomposed = library.add(make_sound("cafe\u0301.wav", 450.0)).clip
    assert composed.number != decomposed.number
    assert composed.title != decomposed.title


def test_a_bad_file_leaves_nothing_behind(library: Library, tmp_path: Path) -> None:
    (tmp_path / "bad.wav").write_bytes(b"RIFF")
    before = files_in(library.folder)
    with pytest.raises(AudioError):
        library.add(tmp_path / "bad.wav")
    assert files_in(library.folder) == before
    assert len(library.list()) == 3


def test_a_cut_file_is_taken_only_when_asked_and_then_says_so(
    library: Library, make_sound: MakeSound
) -> None:
    path = make_sound("cut.wav")
    path.write_bytes(path.read_bytes()[:-8000])
    with pytest.raises(AudioError, match="AUDIO_TRUNCATED"):
        library.add(path)
    added = library.add(path, allow_truncated=True)
    assert any(note.startswith("AUDIO_TRUNCATED") for note in added.notes)
    assert library.audio(added.clip.number).samples.shape == (1, 4000)


def test_a_clip_whose_bytes_have_changed_is_refused_and_can_be_repaired(
    library: Library, make_sound: MakeSound
) -> None:
    path = make_sound("mine.wav")
    number = library.add(path).clip.number
    kept = library.path(number)
    kept.write_bytes(kept.read_bytes()[:-1] + b"\x77")
    with pytest.raises(LibraryError, match="SHA-256 differs") as error:
        library.audio(number)
    assert code_of(error) == "CLIP_DAMAGED"
    assert not library.add(path).is_new
    assert library.audio(number).seconds == pytest.approx(0.5)


def test_a_clip_whose_file_is_gone_says_which(library: Library, make_sound: MakeSound) -> None:
    number = library.add(make_sound("mine.wav")).clip.number
    library.path(number).unlink()
    with pytest.raises(LibraryError, match="'mine'") as error:
        library.audio(number)
    assert code_of(error) == "CLIP_MISSING"


def test_what_a_killed_process_began_is_cleared_at_the_next_opening(
    library: Library, starter_folder: Path, make_sound: MakeSound
) -> None:
    kept = library.add(make_sound("kept.wav")).clip
    digest = "cd" + 62 * "0"
    stranger = library.folder / "clips" / "cd" / "a-file-of-yours"
    stranger.parent.mkdir()
    stranger.write_bytes(b"not ours to remove")
    (stranger.parent / digest).write_bytes(b"begun")
    (stranger.parent / f".{digest}.tmp.999999999").write_bytes(b"beg")
    library.close()
    with sqlite3.connect(library.folder / "catalogue.sqlite") as connection:
        connection.execute("INSERT INTO arriving VALUES (?), (?)", (digest, kept.digest))
    connection.close()
    with open_library(library.folder, starter_folder) as reopened:
        assert files_in(stranger.parent) == {stranger}
        assert reopened.audio(kept.number).seconds == pytest.approx(0.5)


def test_a_lost_catalogue_beside_sounds_is_refused_instead_of_started_anew(
    library: Library, starter_folder: Path, make_sound: MakeSound
) -> None:
    library.add(make_sound("mine.wav"))
    library.close()
    (library.folder / "catalogue.sqlite").write_bytes(b"")
    with pytest.raises(LibraryError, match="missing or empty") as error:
        open_library(library.folder, starter_folder)
    assert code_of(error) == "CATALOGUE_MISSING"
    assert len(files_in(library.folder / "clips")) == 1


def test_the_data_folder_is_named_by_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("WHISPERWAVE_DATA", str(tmp_path / "elsewhere"))
    assert data_folder() == tmp_path / "elsewhere"
    monkeypatch.delenv("WHISPERWAVE_DATA")
    assert data_folder().name == "whisperwave"


def test_two_openings_at_once_see_each_others_clips(
    library: Library, starter_folder: Path, make_sound: MakeSound
) -> None:
    with open_library(library.folder, starter_folder) as other:
        first = library.add(make_sound("a.wav", 300.0)).clip
        second = other.add(make_sound("b.wav", 310.0)).clip
        assert (first.number, second.number) == (4, 5)
        assert library.list() == other.list()


def test_a_clip_is_a_plain_value(library: Library) -> None:
    clip = library.clip(1)
    assert replace(clip, rating="love") == library.rate(1, "love")


def test_the_sound_that_comes_out_is_the_sound_that_went_in(
    library: Library, make_sound: MakeSound
) -> None:
    path = make_sound("exact.wav", subtype="FLOAT")
    expected, _ = soundfile.read(path, dtype="float32", always_2d=True)
    number = library.add(path).clip.number
    np.testing.assert_array_equal(library.audio(number).samples, expected.T)


def test_a_search_finds_every_word_in_title_style_licence_or_rating(
    library: Library, make_sound: MakeSound
) -> None:
    library.add(make_sound("a.wav"), style="Rain", title="On the TENT")
    library.rate(2, "love")
    found = {
        text: [clip.number for clip in library.search(text)]
        for text in ("rain", "tent rain", "LOVE", "apache", "no such", "")
    }
    assert found == {
        "rain": [1, 4],
        "tent rain": [4],
        "LOVE": [2],
        "apache": [1, 2, 3],
        "no such": [],
        "": [1, 2, 3, 4],
    }


def test_a_deleted_clip_is_gone_with_its_bytes_and_its_number_stays_unused(
    library: Library, make_sound: MakeSound
) -> None:
    clip = library.add(make_sound("a.wav")).clip
    assert library.delete(clip.number) == clip
    assert files_in(library.folder / "clips") == set()
    assert [each.number for each in library.list()] == [1, 2, 3]
    with pytest.raises(LibraryError) as caught:
        library.delete(clip.number)
    assert code_of(caught) == "NO_SUCH_CLIP"
    assert library.add(make_sound("a.wav")).clip.number == 5


def test_a_starter_clip_cannot_be_deleted(library: Library) -> None:
    with pytest.raises(LibraryError, match="not-for-me") as caught:
        library.delete(1)
    assert code_of(caught) == "STARTER_CLIP"
    assert len(library.list()) == 3


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3", "aiff"])
def test_an_exported_clip_is_the_file_that_was_added(
    library: Library, make_sound: MakeSound, tmp_path: Path, suffix: str
) -> None:
    original = make_sound(f"a.{suffix}")
    number = library.add(original, title="../up: and away").clip.number
    path = library.export(number, tmp_path)
    assert path == tmp_path / f"004 -up- and away.{suffix}"
    assert path.read_bytes() == original.read_bytes()
    assert library.export(number, tmp_path) == path


def test_an_export_never_takes_the_place_of_another_file(library: Library, tmp_path: Path) -> None:
    path = library.export(1, tmp_path)
    path.write_bytes(b"mine")
    with pytest.raises(OutputError) as caught:
        library.export(1, tmp_path)
    assert code_of(caught) == "EXISTS"
    assert path.read_bytes() == b"mine"
    with pytest.raises(OutputError) as caught:
        library.export(1, tmp_path / "nowhere")
    assert code_of(caught) == "NO_SUCH_FOLDER"
