import os
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from whisperwave.errors import AudioError, ConfigError, LibraryError, OutputError
from whisperwave.library.collections import Scan, Scanned, Wish, scan, scanning
from whisperwave.library.listing import read_listing


def test_every_file_is_listed_or_skipped_with_its_reason(collection, scanned):
    listing, skipped = scanned()
    files = {p.relative_to(collection).as_posix() for p in collection.rglob("*") if p.is_file()}
    assert {item.path for item in listing.items} | skipped.keys() == files
    assert len(listing.items) == 30
    assert skipped == {
        "cover.jpg": "NOT_AUDIO", "notes.txt": "NOT_AUDIO", "empty.mp3": "AUDIO_EMPTY",
    }  # fmt: skip


def test_sub_genres_are_folded_into_classes(collection, scanned):
    listing, _ = scanned()
    assert listing.classes == ("classical", "hardcore", "hip-hop", "metal", "rock")
    assert {Path(item.path).parts[0]: item.class_name for item in listing.items} == {
        "Metalcore": "metal", "Hip-Hop": "hip-hop", "Classical": "classical",
        "Indie Rock": "rock", "Hardcore Punk": "hardcore",
    }  # fmt: skip


def test_a_class_can_be_of_any_tags(collection, scanned):
    listing, _ = scanned(class_tags=("genre", "decade", "top_folder", "format"))
    first = listing.items[0]
    assert first.class_name == "classical / 1990s / Classical / Ogg"
    assert first.tags["subgenre"] == "Classical"


def test_a_file_need_not_have_a_class(tagged, scanned):
    tagged("plain.wav")
    listing, skipped = scanned(class_tags=())
    assert [item.class_name for item in listing.items] == [None]
    assert skipped == {}


def test_only_the_beginning_of_a_long_file_is_meant(tagged, scanned):
    tagged("long.wav", 3.0, genre="Rock")
    tagged("short.wav", 1.0, genre="Rock")
    listing, _ = scanned(first_seconds=2.0)
    assert [(item.path, item.first_seconds) for item in listing.items] == [
        ("long.wav", 2.0), ("short.wav", None),
    ]  # fmt: skip


def test_what_is_not_wanted_is_skipped_by_its_reason(tagged, scanned, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda _name: None)
    tagged("a-rock.wav", 2.0, genre="Rock", artist="A")
    tagged("b-rock.flac", 2.0, genre="Rock", artist="A")
    tagged("c-jazz.ogg", 2.0, genre="Jazz", artist="A")
    tagged("short.wav", 0.5, genre="Rock", artist="A")
    tagged("no-artist.wav", 2.0, genre="Rock")
    tagged("no-genre.wav", 2.0, artist="A")
    tagged("strange.wav", 2.0, genre="Zzz", artist="A")
    tagged("film.m4a", 2.0, genre="Rock", artist="A")
    listing, skipped = scanned(required=("artist",), least_seconds=1.0, top=1)
    assert [item.path for item in listing.items] == ["a-rock.wav", "b-rock.flac"]
    assert skipped == {
        "c-jazz.ogg": "NOT_TOP", "short.wav": "TOO_SHORT", "no-artist.wav": "NO_TAG",
        "no-genre.wav": "NO_TAG", "strange.wav": "UNKNOWN_GENRE", "film.m4a": "NEEDS_FFMPEG",
    }  # fmt: skip


def test_the_top_classes_are_those_with_the_most_sound_that_is_used(tagged, scanned):
    tagged("one-long.wav", 9.0, genre="Rock")
    for number in range(3):
        tagged(f"short-{number}.wav", 2.0, genre="Jazz")
    assert scanned(top=1)[0].classes == ("rock",)
    assert scanned(top=1, first_seconds=2.0)[0].classes == ("jazz",)


def test_the_census_counts_what_was_decided(collection, request_of):
    census = scan(request_of(least_seconds=1.15)).census
    assert census["files"] == sum(each["files"] for each in census["classes"].values()) == 28
    assert census["skipped"] == {"NOT_AUDIO": 2, "TOO_SHORT": 2, "AUDIO_EMPTY": 1}
    assert census["minutes"] == pytest.approx(
        sum(each["minutes"] for each in census["classes"].values()), abs=0.03
    )
    assert sum(census["tags"]["year"][year]["files"] for year in ("1990", "1991", "1992")) == 28
    assert next(iter(census["classes"])) == max(
        census["classes"], key=lambda name: census["classes"][name]["minutes"]
    )


def test_the_genres_that_the_table_lacks_are_counted(tagged, request_of):
    for number in range(3):
        tagged(f"{number}.wav", genre="Zeuhl" if number else "Zolo")
    assert scan(request_of()).census["unknown_genres"] == {"Zeuhl": 2, "Zolo": 1}


def test_a_second_scan_reads_nothing_and_writes_the_same(collection, request_of):
    request = request_of()
    first = scan(request)
    written = request.output.read_bytes()
    second = scan(request)
    assert (first.read, first.unchanged) == (33, 0)
    assert (second.read, second.unchanged, second.vanished) == (0, 33, 0)
    assert request.output.read_bytes() == written
    assert second.census == first.census


def test_other_wishes_need_no_reading(collection, request_of):
    scan(request_of())
    assert scan(request_of(class_tags=("artist",), top=2)).read == 0


def test_only_what_has_changed_is_read_again(collection, tagged, request_of):
    request = request_of()
    scan(request)
    tagged("new.wav", genre="Jazz")
    changed = next(collection.rglob("*.flac"))
    os.utime(changed, ns=(0, 0))
    next(collection.rglob("*.ogg")).unlink()
    again = scan(request)
    assert (again.read, again.unchanged, again.vanished) == (2, 31, 1)
    assert len(read_listing(request.output).items) == 30


def test_a_file_put_in_another_s_place_with_its_size_and_date_is_read(tagged, request_of):
    path = tagged("a.wav", genre="Rock")
    scan(request_of())
    other = tagged("b.wav", genre="Jazz")
    times = path.stat()
    os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))
    other.replace(path)
    scan(request_of())
    assert read_listing(request_of().output).classes == ("jazz",)


def test_checking_finds_damage_once_and_remembers_it(tagged, request_of):
    path = tagged("a.flac", 2.0, genre="Rock")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x55
    path.write_bytes(content)
    assert scan(request_of()).census["files"] == 1
    checking = replace(request_of(), is_decoded=True)
    assert scan(checking).census["skipped"] == {"AUDIO_DAMAGED": 1}
    assert scan(checking).read == 0
    assert scan(request_of()).census["skipped"] == {"AUDIO_DAMAGED": 1}


def test_the_scan_s_own_files_in_the_collection_are_not_told_of(collection):
    request = Scan(
        collection, collection / "listing.json", apart_from=(collection / "census.json",)
    )
    (collection / "census.json").write_text("{}")
    assert scan(request).census["skipped"] == scan(request).census["skipped"]
    assert scan(request).census["skipped"]["NOT_AUDIO"] == 2
    assert read_listing(request.output).root == collection


def test_a_folder_that_is_none_is_refused_and_nothing_is_made(tmp_path):
    request = Scan(tmp_path / "none", tmp_path / "listing.json")
    with pytest.raises(AudioError) as caught:
        scan(request)
    assert caught.value.code == "NO_FOLDER"
    assert list(tmp_path.glob("listing*")) == []


def test_a_folder_to_write_into_must_be_there(music, tmp_path):
    with pytest.raises(OutputError):
        scan(Scan(music, tmp_path / "none" / "listing.json"))


def test_another_folder_s_journal_is_not_touched(collection, request_of, tmp_path):
    scan(request_of())
    with pytest.raises(LibraryError) as caught:
        scan(replace(request_of(), root=tmp_path))
    assert caught.value.code == "OTHER_ROOT"
    assert scan(request_of()).read == 0


def test_two_scans_at_once_do_not_mix(collection, request_of, monkeypatch):
    monkeypatch.setattr("whisperwave.library.collections.journal._BUSY_SECONDS", 0.01)
    request, honest = request_of(), scanning.read_facts

    def second_scan(path: Path, **options: object):
        with pytest.raises(LibraryError, match="SCAN_RUNNING"):
            scan(request)
        return honest(path, **options)

    monkeypatch.setattr(scanning, "read_facts", second_scan)
    assert scan(request).census["files"] == 30


@pytest.mark.parametrize("damage", [b"no database", b"", "flip"], ids=["text", "empty", "flip"])
def test_a_damaged_journal_is_put_aside_and_begun_anew(collection, request_of, damage):
    request = request_of()
    scan(request)
    content = bytearray(request.journal.read_bytes())
    content[4096 : 4096 + 2048] = os.urandom(2048)
    request.journal.write_bytes(content if damage == "flip" else damage)
    again = scan(request)
    assert again.read == 33
    assert len(read_listing(request.output).items) == 30
    if damage:
        assert again.notes
        assert request.journal.with_name("listing.journal.damaged").exists()


def test_another_program_s_database_is_left_alone(collection, request_of):
    request = request_of()
    with sqlite3.connect(request.journal) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    before = request.journal.read_bytes()
    with pytest.raises(LibraryError) as caught:
        scan(request)
    assert caught.value.code == "NOT_A_JOURNAL"
    assert request.journal.read_bytes() == before


def test_progress_is_told_of_every_file(collection, request_of):
    told: list[tuple[float, float]] = []
    scan(request_of(), lambda done, total: told.append((done, total)))
    assert [done for done, _ in told] == list(range(1, 34))
    told.clear()
    scan(request_of(), lambda done, total: told.append((done, total)))
    assert {total for _, total in told} == {33}


@pytest.mark.parametrize("wish", [{"least_seconds": -1}, {"first_seconds": 0}, {"top": 0}])
def test_wishes_that_cannot_be_are_refused(wish):
    with pytest.raises(ConfigError, match="OUT_OF_RANGE"):
        Wish(**wish)


def test_the_result_says_what_was_done(collection, request_of):
    assert scan(request_of()) == Scanned(33, 0, 0, scan(request_of()).census)
