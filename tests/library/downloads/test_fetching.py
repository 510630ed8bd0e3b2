import json
import os
from pathlib import Path

import pytest

from whisperwave.errors import DownloadError, OutputError
from whisperwave.library.downloads.fetching import Patience, fetch, fetch_text

HASTE = Patience(timeout=5.0, tries=4, first_pause=0.0)
CONTENT = os.urandom(1_000_003)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Where the file goes."""
    return tmp_path / "file.zip"


@pytest.fixture
def ready(behaviour, server: str) -> str:
    """The address of a file of a million bytes."""
    behaviour.files["/file.zip"] = CONTENT
    return f"{server}/file.zip"


def left(target: Path) -> list[str]:
    """What lies in the folder."""
    return sorted(path.name for path in target.parent.iterdir())


def test_a_file_is_fetched_whole(behaviour, ready, target):
    told: list[tuple[float, float]] = []
    fetch(ready, target, progress=lambda *at: told.append(at), patience=HASTE)
    assert target.read_bytes() == CONTENT
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert behaviour.asked == [("/file.zip", "")]
    assert left(target) == ["file.zip"]


def test_a_connection_that_breaks_again_and_again_costs_only_what_was_lost(
    behaviour, ready, target
):
    behaviour.breaks = [100_000, 1, 300_000, 0, 0, 200_000]
    fetch(ready, target, patience=HASTE)
    assert target.read_bytes() == CONTENT
    assert [asked for _, asked in behaviour.asked] == [
        "", "bytes=100000-", "bytes=100001-", "bytes=400001-", "bytes=400001-", "bytes=400001-",
        "bytes=600001-",
    ]  # fmt: skip


def test_a_later_command_goes_on_where_the_first_was_stopped(behaviour, ready, target):
    behaviour.breaks = [500_000, 0, 0, 0, 0]
    with pytest.raises(DownloadError) as caught:
        fetch(ready, target, patience=HASTE)
    assert caught.value.code == "DOWNLOAD_BROKEN"
    assert not target.exists()
    behaviour.breaks, behaviour.asked = [], []
    fetch(ready, target, patience=HASTE)
    assert target.read_bytes() == CONTENT
    assert behaviour.asked == [("/file.zip", "bytes=500000-")]


@pytest.mark.parametrize("keeps_length", [True, False])
def test_a_file_that_changes_between_tries_is_fetched_anew(behaviour, ready, target, keeps_length):
    other = os.urandom(len(CONTENT) if keeps_length else 700_000)

    def change() -> None:
        behaviour.files["/file.zip"], behaviour.validator = other, '"two"'

    behaviour.breaks, behaviour.after_each = [600_000], change
    fetch(ready, target, patience=HASTE)
    assert target.read_bytes() == other


def test_a_server_that_gives_no_parts_gives_the_whole(behaviour, ready, target):
    behaviour.breaks, behaviour.takes_ranges = [100_000, 400_000], False
    fetch(ready, target, patience=HASTE)
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize("validator", [None, 'W/"weak"'])
def test_without_a_sure_mark_nothing_is_joined(behaviour, ready, target, validator):
    behaviour.breaks, behaviour.validator = [100_000, 300_000], validator
    fetch(ready, target, patience=HASTE)
    assert target.read_bytes() == CONTENT
    assert [asked for _, asked in behaviour.asked] == ["", "", ""]


def test_a_date_is_a_mark_too(behaviour, ready, target):
    behaviour.validator = None
    behaviour.headers["Last-Modified"] = "Wed, 21 Oct 2015 07:28:00 GMT"
    behaviour.breaks = [100_000, 900_001]
    fetch(ready, target, patience=HASTE)
    assert target.read_bytes() == CONTENT
    assert behaviour.asked[1] == ("/file.zip", "bytes=100000-")


def test_a_part_of_a_file_of_another_length_is_not_gone_on_with(ready, target):
    target.with_name("file.zip.part").write_bytes(b"x" * 1000)
    mark = {"address": ready, "validator": '"one"', "total": 5}
    target.with_name("file.zip.part.json").write_text(json.dumps(mark))
    fetch(ready, target, patience=HASTE)
    assert target.read_bytes() == CONTENT


def test_a_part_of_another_address_is_not_gone_on_with(behaviour, ready, target):
    target.with_name("file.zip.part").write_bytes(b"x" * 1000)
    mark = {"address": "http://other", "validator": '"one"', "total": len(CONTENT)}
    target.with_name("file.zip.part.json").write_text(json.dumps(mark))
    fetch(ready, target, patience=HASTE)
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize("note", ["", "[]", "{}", "not json"])
def test_a_part_of_nobody_knows_what_is_not_gone_on_with(ready, target, note):
    target.with_name("file.zip.part").write_bytes(b"x" * 1000)
    target.with_name("file.zip.part.json").write_text(note)
    fetch(ready, target, patience=HASTE)
    assert target.read_bytes() == CONTENT


def test_a_part_that_is_all_of_the_file_needs_no_more(behaviour, ready, target):
    target.with_name("file.zip.part").write_bytes(CONTENT)
    mark = {"address": ready, "validator": '"one"', "total": len(CONTENT)}
    target.with_name("file.zip.part.json").write_text(json.dumps(mark))
    fetch(ready, target, patience=HASTE)
    assert target.read_bytes() == CONTENT
    assert len(behaviour.asked) == 1


def test_a_part_longer_than_the_file_is_begun_again(behaviour, ready, target):
    target.with_name("file.zip.part").write_bytes(CONTENT + b"more")
    mark = {"address": ready, "validator": '"one"', "total": len(CONTENT)}
    target.with_name("file.zip.part.json").write_text(json.dumps(mark))
    fetch(ready, target, patience=HASTE)
    assert target.read_bytes() == CONTENT


def test_a_length_that_nobody_says_is_no_hindrance(behaviour, ready, target):
    behaviour.says_length = False
    fetch(ready, target, patience=HASTE)
    assert target.read_bytes() == CONTENT


def test_a_server_in_trouble_is_asked_again(behaviour, ready, target):
    behaviour.statuses = [503, 500, 429]
    fetch(ready, target, patience=HASTE)
    assert target.read_bytes() == CONTENT


def test_a_server_that_stays_in_trouble_is_given_up(behaviour, ready, target):
    behaviour.statuses = [503] * 9
    with pytest.raises(DownloadError) as caught:
        fetch(ready, target, patience=HASTE)
    assert caught.value.code == "DOWNLOAD_BROKEN"
    assert len(behaviour.asked) == HASTE.tries


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_what_a_server_will_not_give_is_asked_for_once(behaviour, ready, target, status):
    behaviour.statuses = [status]
    with pytest.raises(DownloadError, match=str(status)) as caught:
        fetch(ready, target, patience=HASTE)
    assert caught.value.code == "DOWNLOAD_REFUSED"
    assert len(behaviour.asked) == 1


def test_a_file_of_another_size_is_refused_before_it_comes(behaviour, ready, target):
    with pytest.raises(DownloadError) as caught:
        fetch(ready, target, size=5, patience=HASTE)
    assert caught.value.code == "SIZE_WRONG"
    assert left(target) == []


def test_a_redirect_is_followed_with_the_part_that_is_wanted(behaviour, ready, server, target):
    behaviour.redirects["/here"] = f"{server}/file.zip"
    behaviour.breaks = [1000]
    fetch(f"{server}/here", target, patience=HASTE)
    assert target.read_bytes() == CONTENT
    assert ("/file.zip", "bytes=1000-") in behaviour.asked


@pytest.mark.parametrize("where", ["ftp://127.0.0.1/file", "file:///etc/passwd"])
def test_a_redirect_leads_nowhere_else(behaviour, server, target, where):
    behaviour.redirects["/here"] = where
    with pytest.raises(DownloadError):
        fetch(f"{server}/here", target, patience=HASTE)
    assert not target.exists()


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://host/x", "/etc/passwd", ""])
def test_only_http_is_fetched(target, address):
    with pytest.raises(DownloadError) as caught:
        fetch(address, target, patience=HASTE)
    assert caught.value.code == "BAD_ADDRESS"


def test_a_server_that_is_not_there_is_given_up_after_some_tries(target):
    with pytest.raises(DownloadError, match="could not be fetched") as caught:
        fetch("http://127.0.0.1:9/file", target, patience=HASTE)
    assert "same command" in caught.value.remedy


def test_a_compressed_answer_is_not_taken_for_the_file(behaviour, ready, target):
    behaviour.headers["Content-Encoding"] = "gzip"
    with pytest.raises(DownloadError, match="something else"):
        fetch(ready, target, patience=HASTE)
    assert not target.exists()


def test_a_disk_that_is_full_is_no_broken_connection(behaviour, ready, target, monkeypatch):
    monkeypatch.setattr(
        "whisperwave.library.downloads.fetching._writing",
        lambda *_: open("/dev/full", "wb", buffering=0),  # noqa: SIM115, PTH123
    )
    with pytest.raises(OutputError, match="DISK_FULL"):
        fetch(ready, target, patience=HASTE)
    assert len(behaviour.asked) == 1


def test_pauses_grow_and_end(monkeypatch):
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    patience = Patience(first_pause=1.0, longest_pause=5.0)
    for failures in (1, 2, 3, 4, 50):
        patience.pause(failures)
    assert slept == [1.0, 2.0, 4.0, 5.0, 5.0]


def test_a_text_that_is_not_there_is_none(behaviour, server):
    behaviour.files["/SHA256SUMS"] = b"abc"
    assert fetch_text(f"{server}/SHA256SUMS", 3) == "abc"
    assert fetch_text(f"{server}/none", 3) is None


def test_a_text_that_is_too_long_is_refused(behaviour, server):
    behaviour.files["/SHA256SUMS"] = b"abcd"
    with pytest.raises(DownloadError, match="more than 3"):
        fetch_text(f"{server}/SHA256SUMS", 3)


def test_a_server_is_told_nothing_but_what_is_wanted(behaviour, ready, target):
    fetch(ready, target, patience=HASTE)
    told = {name.lower(): value for name, value in behaviour.told.items()}
    host = ready.split("/")[2]
    assert told == {
        "host": host, "user-agent": "whisperwave", "accept-encoding": "identity",
        "connection": "close",
    }  # fmt: skip
