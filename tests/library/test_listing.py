import json
import os
from pathlib import Path

import pytest

from whisperwave.errors import LibraryError, OutputError
from whisperwave.library.listing import Item, Listing, read_listing, write_items, write_listing

DIGEST = "0123456789abcdef" * 4
FULL = Item(
    path="a/b c.flac", seconds=200.5, sample_rate=44100, class_name="metal", speaker="p225",
    tags={"artist": "Ä & Co", "year": "1999"}, sha256=DIGEST, first_seconds=120.0,
)  # fmt: skip
PLAIN = Item("plain.wav", 1.0, 16000)


def entry(**changes: object) -> dict[str, object]:
    """A right item, as JSON has it, with some values changed."""
    return {
        "path": "a.wav", "class": None, "speaker": None, "tags": {}, "seconds": 1.0,
        "sample_rate": 16000, "sha256": None, "first_seconds": None,
    } | changes  # fmt: skip


def head(*items: object, **changes: object) -> dict[str, object]:
    """A right listing, as JSON has it, with some values changed."""
    return {
        "format": "whisperwave-listing", "version": 1, "root": ".", "target_rate": None,
        "items": list(items),
    } | changes  # fmt: skip


def refusal(tmp_path: Path, content: object) -> LibraryError:
    """What is said of a listing of this content."""
    path = tmp_path / "listing.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(LibraryError) as caught:
        read_listing(path)
    return caught.value


def test_a_listing_comes_back_as_it_was_written(tmp_path):
    listing = Listing(tmp_path / "music", (FULL, PLAIN), target_rate=16000)
    write_listing(tmp_path / "listing.json", listing)
    assert read_listing(tmp_path / "listing.json") == listing


def test_the_same_listing_is_the_same_bytes(tmp_path):
    again = Item(
        "a/b c.flac", 200.5, 44100, "metal", "p225", dict(reversed(FULL.tags.items())), DIGEST, 120
    )
    for name, item in (("one", FULL), ("two", again)):
        write_listing(tmp_path / name, Listing(tmp_path, (item,)))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_name_that_is_not_utf_8_survives(tmp_path):
    name = os.fsdecode(b"bad\xff.wav")
    write_listing(tmp_path / "listing.json", Listing(tmp_path, (Item(name, 1.0, 16000),)))
    (item,) = read_listing(tmp_path / "listing.json").items
    assert os.fsencode(item.path) == b"bad\xff.wav"


def test_a_listing_inside_its_root_s_folder_moves_with_it(tmp_path):
    (tmp_path / "here").mkdir()
    write_listing(
        tmp_path / "here" / "listing.json", Listing(tmp_path / "here" / "sounds", (PLAIN,))
    )
    (tmp_path / "here").rename(tmp_path / "there")
    listing = read_listing(tmp_path / "there" / "listing.json")
    assert listing.path_of(PLAIN) == tmp_path / "there" / "sounds" / "plain.wav"


def test_a_root_elsewhere_is_kept_as_it_is(tmp_path):
    (tmp_path / "lists").mkdir()
    write_listing(tmp_path / "lists" / "a.json", Listing(tmp_path / "music", (PLAIN,)))
    assert read_listing(tmp_path / "lists" / "a.json").root == tmp_path / "music"


def test_no_items_are_a_listing_too(tmp_path):
    assert write_items(tmp_path / "listing.json", tmp_path, iter(())) == 0
    assert read_listing(tmp_path / "listing.json").items == ()


def test_items_are_written_as_they_come_and_counted(tmp_path):
    items = (Item(f"{n}.wav", 1.0, 16000) for n in range(3))
    assert write_items(tmp_path / "listing.json", tmp_path, items) == 3
    assert [item.path for item in read_listing(tmp_path / "listing.json").items] == [
        "0.wav", "1.wav", "2.wav",
    ]  # fmt: skip


def test_an_error_among_the_items_leaves_the_old_listing(tmp_path):
    write_listing(tmp_path / "listing.json", Listing(tmp_path, (PLAIN,)))

    def broken():
        yield FULL
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_items(tmp_path / "listing.json", tmp_path, broken())
    assert read_listing(tmp_path / "listing.json").items == (PLAIN,)
    assert list(tmp_path.iterdir()) == [tmp_path / "listing.json"]


def test_a_folder_that_is_not_there_is_an_output_error(tmp_path):
    with pytest.raises(OutputError, match="NO_SUCH_FOLDER"):
        write_listing(tmp_path / "none" / "listing.json", Listing(tmp_path, ()))


def test_what_is_used_of_a_file_ends_with_it_or_at_its_cap():
    assert FULL.used_seconds == 120.0
    assert PLAIN.used_seconds == 1.0
    assert Item("a.wav", 60.0, 16000, first_seconds=120.0).used_seconds == 60.0


def test_classes_and_speakers_are_named_once_and_in_order(tmp_path):
    items = [Item(f"{n}.wav", 1.0, 16000, class_name=c, speaker=c) for n, c in enumerate("bab")]
    listing = Listing(tmp_path, (*items, PLAIN))
    assert listing.classes == listing.speakers == ("a", "b")


@pytest.mark.parametrize(
    "changes",
    [
        {"path": ""}, {"path": "/etc/passwd"}, {"path": "a/../b.wav"}, {"path": "a//b.wav"},
        {"path": "./a.wav"}, {"path": "a\0.wav"}, {"path": 3}, {"path": None},
        {"class": ""}, {"class": 3}, {"speaker": []}, {"class": "x" * 5000},
        {"tags": None}, {"tags": []}, {"tags": {"artist": 3}}, {"tags": {"": "x"}},
        {"tags": {"artist": "x" * 5000}},
        {"seconds": 0}, {"seconds": -1.0}, {"seconds": "1"}, {"seconds": True}, {"seconds": None},
        {"seconds": 10**400},
        {"sample_rate": 0}, {"sample_rate": 16000.0}, {"sample_rate": True},
        {"sample_rate": 10**9}, {"sha256": "abc"}, {"sha256": "A" * 64}, {"sha256": 3},
        {"first_seconds": 0}, {"first_seconds": "2"}, {"unknown": 1},
    ],
    ids=repr,
)  # fmt: skip
def test_an_item_that_cannot_be_is_refused_by_its_number_and_key(tmp_path, changes):
    error = refusal(tmp_path, head(entry(path="fine.wav"), entry(**changes)))
    assert error.code == "LISTING_BAD"
    key = next(iter(changes))
    assert key in error.message
    assert "item 1" in error.message
    assert error.remedy


def test_a_key_that_is_missing_is_named(tmp_path):
    short = entry()
    del short["seconds"]
    assert "seconds" in refusal(tmp_path, head(short)).message


@pytest.mark.parametrize(
    "content",
    [
        "", "[]", "3", "null", "{", '{"format": "whisperwave-listing"}',
        head(format="other"), head(version="1"), head(version=True), head(version=0),
        head(items=None), head(root=3), head(root=""), head(target_rate=1), head(target_rate="a"),
        head(3), head(extra=1), '{"a": 1, "a": 2}', "[" * 100_000,
        json.dumps(head(entry())).replace("1.0", "1e999"),
        json.dumps(head(entry())).replace("1.0", "NaN"),
    ],
    ids=lambda content: str(content)[:40],
)  # fmt: skip
def test_what_is_no_listing_is_refused(tmp_path, content):
    assert refusal(tmp_path, content).code == "LISTING_BAD"


def test_a_path_that_stands_twice_is_refused(tmp_path):
    error = refusal(tmp_path, head(entry(), entry()))
    assert error.code == "LISTING_BAD"
    assert "a.wav" in error.message


def test_bytes_that_are_not_text_are_refused(tmp_path):
    (tmp_path / "listing.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(LibraryError, match="LISTING_BAD"):
        read_listing(tmp_path / "listing.json")


def test_a_newer_form_is_left_to_the_newer_program(tmp_path):
    assert refusal(tmp_path, head(version=2)).code == "LISTING_NEWER"


def test_a_listing_that_is_not_there_says_how_to_make_one(tmp_path):
    with pytest.raises(LibraryError, match="library scan") as caught:
        read_listing(tmp_path / "none.json")
    assert caught.value.code == "LISTING_MISSING"
