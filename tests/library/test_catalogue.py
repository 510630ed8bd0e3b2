import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from whisperwave.errors import LibraryError
from whisperwave.library import Library, open_library, starter
from whisperwave.library.catalogue import Catalogue


@pytest.fixture
def catalogue_path(library: Library) -> Path:
    """The catalogue of a library that is closed again."""
    library.close()
    return library.folder / "catalogue.sqlite"


def refused(path: Path, code: str) -> LibraryError:
    before = path.read_bytes()
    with pytest.raises(LibraryError) as error:
        Catalogue(path)
    assert error.value.code == code
    assert error.value.remedy
    assert path.read_bytes() == before
    return error.value


def test_it_keeps_its_journal_until_a_commit_is_on_the_disk(library: Library) -> None:
    execute = library._catalogue._connection.execute
    assert execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert execute("PRAGMA synchronous").fetchone() == (3,)
    assert execute("PRAGMA foreign_keys").fetchone() == (1,)


def test_b17_text_is_no_catalogue_and_is_left_as_it_was(catalogue_path: Path) -> None:
    catalogue_path.write_bytes(b"these are words, not rows\n" * 100)
    refused(catalogue_path, "CATALOGUE_CORRUPT")


def test_b17_a_flipped_page_is_found(catalogue_path: Path) -> None:
    content = bytearray(catalogue_path.read_bytes())
    content[4096:4196] = bytes(range(100, 200))
    catalogue_path.write_bytes(content)
    refused(catalogue_path, "CATALOGUE_CORRUPT")


def test_b17_a_newer_form_is_left_to_the_newer_program(catalogue_path: Path) -> None:
    with sqlite3.connect(catalogue_path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert "form 99" in refused(catalogue_path, "CATALOGUE_NEWER").message


def test_b17_the_database_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    refused(path, "CATALOGUE_CORRUPT")


def test_a_library_in_use_says_so_when_waiting_does_not_help(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("whisperwave.library.catalogue._BUSY_SECONDS", 0.01)
    with (
        open_library(library.folder, library.folder / "none") as other,
        library._catalogue.writing(),
        pytest.raises(LibraryError, match="LIBRARY_LOCKED"),
    ):
        other.rate(1, "love")


def test_a_failed_transaction_leaves_no_trace(library: Library) -> None:
    def rate_and_fail() -> None:
        with library._catalogue.writing():
            library._catalogue.set_rating(1, "love")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rate_and_fail()
    assert library.clip(1).rating == "neutral"


def test_a_full_disk_is_explained_and_loses_nothing(
    library: Library, make_sound: Callable[..., Path]
) -> None:
    library.add(make_sound("one.wav"))
    library._catalogue._connection.execute("PRAGMA max_page_count = 1")

    def add_until_full() -> None:
        for number in range(50):
            library.add(make_sound("more.wav", 500.0 + number), title="x" * 4000)

    with pytest.raises(LibraryError, match="DISK_FULL"):
        add_until_full()
    before = library.list()
    library.close()
    with open_library(library.folder, library.folder / "none") as reopened:
        assert reopened.list() == before


def test_b16_a_library_that_may_not_be_written_can_still_be_read(library: Library) -> None:
    before = library.list()
    library._catalogue._connection.execute("PRAGMA query_only = ON")
    with pytest.raises(LibraryError, match="READ_ONLY"):
        library.rate(1, "love")
    assert library.list() == before


@pytest.mark.parametrize(
    "content",
    [b"{", b"[]", b'{"version": 2, "clips": []}', b'{"version": 1, "clips": [{}]}'],
)
def test_a_broken_starter_catalogue_is_the_packages_fault(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "catalogue.json").write_bytes(content)
    with pytest.raises(LibraryError, match="Install the package again"):
        starter.read(tmp_path)


def test_a_starter_file_outside_the_package_is_refused(starter_folder: Path) -> None:
    path = starter_folder / "catalogue.json"
    path.write_text(path.read_text().replace("clips/rain-1.ogg", "../../secret.ogg"))
    with pytest.raises(LibraryError, match="outside the package"):
        starter.read(starter_folder)
