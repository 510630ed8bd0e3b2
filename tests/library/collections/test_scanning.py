import json
import os
import shutil
import socket
import sqlite3
import tracemalloc
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from whisperwave.errors import AudioError, ConfigError, LibraryError, OutputError
from whisperwave.library.collections import Scan, Scanned, Wish, scan, scanning
from whisperwave.library.listing import Listing, read_listing


@pytest.fixture
def request_of(tmp_path: Path, music: Path) -> Callable[..., Scan]:
    """A scan of the collection into a folder beside it."""
    (tmp_path / "out").mkdir()
    return lambda **wish: Scan(music, tmp_path / "out" / "listing.json", Wish(**wish))


@pytest.fixture
def scanned(request_of: Callable[..., Scan]) -> Callable[..., tuple[Listing, dict[str, str]]]:
    """Scans; gives the listing, and the code of every skipped file."""

    def run(**wish: object) -> tuple[Listing, dict[str, str]]:
        request = request_of(**wish)
        scan(request)
        lines = map(json.loads, request.skipped.read_text().splitlines())
        return read_listing(request.output), {line["path"]: line["code"] for line in lines}

    return run


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


def test_b14_a_scan_that_is_stopped_goes_on_where_it_was(collection, request_of, monkeypatch):
    request, reads = request_of(), Counter()
    honest = scanning.read_facts

    def counted(path: Path, **options: object):
        reads[path] += 1
        if sum(reads.values()) == 20:
            raise KeyboardInterrupt
        return honest(path, **options)

    monkeypatch.setattr(scanning, "read_facts", counted)
    with pytest.raises(KeyboardInterrupt):
        scan(request)
    assert not request.output.exists()
    scan(request)
    assert sum(reads.values()) == 33 + 1
    assert len(read_listing(request.output).items) == 30


@pytest.mark.parametrize("is_gone", [True, False], ids=["no folder", "an empty folder"])
def test_b11_a_disk_that_is_not_mounted_does_not_wipe_the_listing(collection, request_of, is_gone):
    request = request_of()
    scan(request)
    before = request.output.read_bytes()
    collection.rename(collection.with_name("unmounted"))
    if not is_gone:
        collection.mkdir()
        (collection / "lost+found").mkdir()
    with pytest.raises(LibraryError) as caught:
        scan(request)
    assert caught.value.code == "ROOT_MISSING"
    assert request.output.read_bytes() == before
    if not is_gone:
        shutil.rmtree(collection)
    collection.with_name("unmounted").rename(collection)
    assert scan(request).read == 0


def test_b11_a_disk_that_goes_away_during_the_scan_does_not_wipe_it(
    collection, request_of, monkeypatch
):
    request = request_of()
    scan(request)
    before = request.output.read_bytes()

    def unmounting(*_: object):
        collection.rename(collection.with_name("unmounted"))
        collection.mkdir()
        return iter(())

    monkeypatch.setattr(scanning, "walk", unmounting)
    with pytest.raises(LibraryError, match="ROOT_MISSING"):
        scan(request)
    assert request.output.read_bytes() == before


def test_b8_a_folder_that_may_not_be_looked_into_loses_nothing(collection, request_of, monkeypatch):
    request = request_of()
    scan(request)
    honest = os.scandir

    def closing(path: bytes | Path):
        if os.fsencode(path).endswith(b"/Classical"):
            raise PermissionError(13, "Permission denied", path)
        return honest(path)

    monkeypatch.setattr(os, "scandir", closing)
    closed = scan(request)
    assert closed.vanished == 0
    assert closed.census["skipped"]["PERMISSION"] == 1
    assert closed.census["skipped"]["ABSENT"] == 6
    monkeypatch.undo()
    again = scan(request)
    assert (again.read, again.vanished) == (0, 0)
    assert len(read_listing(request.output).items) == 30


def test_b8_a_file_that_may_not_be_read_is_tried_again(tagged, request_of, monkeypatch):
    tagged("a.wav", genre="Rock")
    refusal = AudioError("PERMISSION", "may not be read", "")
    monkeypatch.setattr(scanning, "read_facts", lambda *_, **__: (_ for _ in ()).throw(refusal))
    assert scan(request_of()).census["skipped"] == {"PERMISSION": 1}
    monkeypatch.undo()
    assert scan(request_of()).census["files"] == 1


def test_b1_b2_b3_awkward_names_are_listed_as_they_are(tagged, scanned):
    names = [
        "-leading.wav", "a\nb.wav", "quote'\".wav", "back\\slash.wav", "\u202egnp.wav",
        "e\u0301.wav", "\u00e9.wav", os.fsdecode(b"bad\xff.wav"), " space .wav", "x" * 251 + ".wav",
    ]  # fmt: skip
    for name in names:
        tagged(name, 0.1, genre="Rock")
    listing, _ = scanned()
    assert {item.path for item in listing.items} == set(names)


def test_b5_b6_b7_links_and_what_is_no_file_are_left_alone(tagged, music, scanned, monkeypatch):
    path = tagged("a.wav", genre="Rock")
    (music / "link.wav").symlink_to(path)
    (music / "loop").symlink_to(music)
    os.mkfifo(music / "pipe.wav")
    (music / "dead.wav").symlink_to("nowhere")
    with socket.socket(socket.AF_UNIX) as server:
        monkeypatch.chdir(music)  # for a socket's path must be short
        server.bind("socket.wav")
        listing, skipped = scanned()
    assert [item.path for item in listing.items] == ["a.wav"]
    assert skipped == {
        "link.wav": "LINK", "loop": "LINK", "dead.wav": "LINK", "pipe.wav": "NOT_A_FILE",
        "socket.wav": "NOT_A_FILE",
    }  # fmt: skip


def test_b9_a_file_that_is_being_written_is_tried_again_later(tagged, request_of, monkeypatch):
    path = tagged("a.wav", genre="Rock")
    honest = scanning.read_facts

    def while_written(*arguments: object, **options: object):
        facts = honest(*arguments, **options)
        assert facts
        raise AudioError("CHANGED_DURING_READ", "was changed", "")

    monkeypatch.setattr(scanning, "read_facts", while_written)
    assert scan(request_of()).census["skipped"] == {"CHANGED_DURING_READ": 1}
    monkeypatch.undo()
    assert path.exists()
    assert scan(request_of()).census["files"] == 1


def test_b10_a_file_that_goes_away_meanwhile_is_no_error(tagged, request_of, monkeypatch):
    path = tagged("a.wav", genre="Rock")
    tagged("b.wav", genre="Rock")
    honest = scanning.read_facts

    def after_deleting(*arguments: object, **options: object):
        path.unlink(missing_ok=True)
        return honest(*arguments, **options)

    monkeypatch.setattr(scanning, "read_facts", after_deleting)
    census = scan(request_of()).census
    assert census["files"] + census["skipped"].get("NO_SUCH_FILE", 0) == 2
    assert scan(request_of()).census["files"] == 1


def test_b13_one_file_of_two_names_is_listed_once(tagged, music, scanned):
    os.link(tagged("b.wav", genre="Rock"), music / "a.wav")
    listing, skipped = scanned()
    assert [item.path for item in listing.items] == ["a.wav"]
    assert skipped == {"b.wav": "SAME_FILE"}


def test_b13_copies_are_known_by_their_content_where_it_is_read(tagged, music, request_of):
    shutil.copy(tagged("b.wav", genre="Rock"), music / "a.wav")
    assert scan(request_of()).census["files"] == 2
    checked = scan(replace(request_of(), is_decoded=True))
    assert checked.read == 2
    assert checked.census["skipped"] == {"SAME_CONTENT": 1}
    assert read_listing(request_of().output).items[0].sha256


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


def test_b15_a_deep_tree_is_searched_to_the_end_of_what_a_path_can_be(music, tagged, request_of):
    path = tagged("a.wav", 0.1, genre="Rock")
    deep = music
    for _ in range(200):
        deep /= "d"
    deep.mkdir(parents=True)
    shutil.copy(path, deep / "z.wav")
    assert scan(request_of()).census["files"] == 2


def test_b4_a_path_that_is_too_long_is_named_and_the_rest_is_read(music, tagged, request_of):
    tagged("a.wav", 0.1, genre="Rock")
    where = os.open(music, os.O_RDONLY)
    for _ in range(25):
        os.mkdir("n" * 200, dir_fd=where)
        inner = os.open("n" * 200, os.O_RDONLY, dir_fd=where)
        os.close(where)
        where = inner
    os.close(where)
    census = scan(request_of()).census
    assert (census["files"], census["skipped"]) == (1, {"PATH_TOO_LONG": 1})


def test_b15_memory_does_not_grow_with_the_number_of_files(music, tagged, request_of):
    def peak(files: int) -> int:
        for number in range(files):
            (music / f"{number}.txt").write_text("text " * 9)
        tracemalloc.start()
        try:
            scan(request_of())
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    scan(request_of())
    few = peak(50)
    assert peak(1000) < few + 60_000


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
