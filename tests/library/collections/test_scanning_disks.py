"""Rows B of `docs/reference/reliability.md`: names, links and disks under a scan."""

import os
import shutil
import socket
import tracemalloc
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from whisperwave.errors import AudioError, LibraryError
from whisperwave.library.collections import scan, scanning
from whisperwave.library.listing import read_listing


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
