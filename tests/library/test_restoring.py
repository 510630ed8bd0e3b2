import os
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from whisperwave.errors import LibraryError
from whisperwave.library import Library, open_library
from whisperwave.library.copies import KEPT, copies, copy_daily
from whisperwave.library.restoring import restore


class Calendar:
    """A day that can be moved on."""

    now = date(2026, 1, 1)

    @classmethod
    def today(cls) -> date:
        """That day."""
        return cls.now


@pytest.fixture
def next_day(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Lets a day go by."""
    monkeypatch.setattr("whisperwave.library.store.date", Calendar)
    monkeypatch.setattr(Calendar, "now", date(2026, 1, 1))

    def pass_on() -> None:
        Calendar.now += timedelta(days=1)

    return pass_on


@pytest.fixture
def reopened(library: Library, starter_folder: Path) -> Callable[[], Library]:
    """Opens the library once more."""
    library.close()
    return lambda: open_library(library.folder, starter_folder)


def damage(folder: Path) -> None:
    """Flip a page of the catalogue."""
    content = bytearray((folder / "catalogue.sqlite").read_bytes())
    content[4096:6000] = os.urandom(1904)
    (folder / "catalogue.sqlite").write_bytes(content)


def test_b17_a_day_s_first_opening_copies_the_catalogue(reopened, next_day, make_sound):
    with reopened() as library:
        clip = library.add(make_sound("mine.wav")).clip
        assert copies(library.folder) == ()
    with reopened() as library:
        (copy,) = copies(library.folder)
        assert copy.name == "catalogue-2026-01-01.sqlite"
        library.rate(clip.number, "love")
    reopened().close()
    assert len(copies(library.folder)) == 1
    next_day()
    reopened().close()
    assert [path.name[10:20] for path in copies(library.folder)] == ["2026-01-02", "2026-01-01"]


def test_b17_a_day_on_which_nothing_has_changed_needs_no_copy(reopened, next_day):
    with reopened() as library:
        library.rate(1, "love")
    for _ in range(3):
        next_day()
        reopened().close()
    assert len(copies(library.folder)) == 1


def test_b17_a_library_without_anything_of_one_s_own_is_not_copied(reopened, next_day):
    for _ in range(3):
        next_day()
        reopened().close()
    with reopened() as library:
        assert copies(library.folder) == ()


def test_b17_the_last_few_copies_are_kept(reopened, next_day):
    for day in range(KEPT + 3):
        next_day()
        with reopened() as library:
            library.rate(1 + day % 3, ("love", "not-for-me")[day % 2])
    names = [path.name for path in copies(library.folder)]
    assert len(names) == KEPT
    assert names[0] == f"catalogue-{Calendar.now.isoformat()}.sqlite"


def test_b17_a_copy_that_cannot_be_made_is_noted_and_hinders_nothing(reopened, next_day):
    with reopened() as library:
        library.rate(1, "love")
    (library.folder / "copies").write_text("in the way")
    with reopened() as library:
        assert library.notes[0].startswith("NO_COPY")
        assert library.clip(1).rating == "love"


def test_a_name_that_is_not_utf_8_can_be_copied_into(library, tmp_path):
    library.rate(1, "love")
    folder = tmp_path / os.fsdecode(b"bad\xff")
    folder.mkdir()
    (folder / "catalogue.sqlite").touch()
    assert copy_daily(folder, library._catalogue, date(2026, 1, 1)) == ""
    assert copies(folder)[0].stat().st_size > 4096


def test_b17_a_damaged_catalogue_goes_back_to_its_last_copy(
    reopened, next_day, make_sound, starter_folder
):
    with reopened() as library:
        early = library.add(make_sound("early.wav", 300.0), style="mine", title="early").clip
        library.rate(early.number, "love")
    next_day()
    with reopened() as library:
        late = library.add(make_sound("late.wav", 600.0), title="late").clip
    damage(library.folder)
    with pytest.raises(LibraryError, match="library restore") as caught:
        reopened()
    assert caught.value.code == "CATALOGUE_CORRUPT"
    done = restore(library.folder, starter_folder)
    assert done.copy == copies(library.folder)[0]
    assert done.aside.name == "catalogue.sqlite.damaged-1"
    assert [clip.digest for clip in done.recovered] == [late.digest]
    with reopened() as again:
        assert again.clip(early.number).title == "early"
        assert again.clip(early.number).rating == "love"
        assert again.clip(done.recovered[0].number).title == f"recovered {late.digest[:8]}"
        assert again.audio(done.recovered[0].number).seconds == 0.5


@pytest.mark.parametrize("loss", ["gone", "empty", "text"])
def test_b17_without_a_copy_all_sounds_become_clips_again(
    reopened, make_sound, starter_folder, loss
):
    with reopened() as library:
        clip = library.add(make_sound("mine.wav")).clip
    catalogue = library.folder / "catalogue.sqlite"
    if loss == "gone":
        catalogue.unlink()
    else:
        catalogue.write_bytes(b"" if loss == "empty" else b"no database at all\n" * 99)
    done = restore(library.folder, starter_folder)
    assert done.copy is None
    assert [one.digest for one in done.recovered] == [clip.digest]
    with reopened() as again:
        assert len(again.list()) == 4


def test_b17_a_copy_that_is_damaged_too_is_passed_over(
    reopened, next_day, make_sound, starter_folder
):
    for number in range(2):
        with reopened() as library:
            library.add(make_sound(f"{number}.wav", 300.0 + number))
        reopened().close()
        next_day()
    newest, older = copies(library.folder)
    newest.write_bytes(b"no database")
    damage(library.folder)
    assert restore(library.folder, starter_folder).copy == older


def test_a_kept_sound_that_is_damaged_is_named_and_stays(reopened, make_sound, starter_folder):
    with reopened() as library:
        clip = library.add(make_sound("mine.wav")).clip
        path = library.path(clip.number)
    path.write_bytes(b"no sound at all, but words and words and words")
    (library.folder / "catalogue.sqlite").unlink()
    assert restore(library.folder, starter_folder).unusable == (path,)
    assert path.exists()


def test_a_catalogue_that_is_well_is_left_alone(reopened, starter_folder):
    with reopened() as library:
        folder = library.folder
    with pytest.raises(LibraryError) as caught:
        restore(folder, starter_folder)
    assert caught.value.code == "NOT_DAMAGED"


def test_a_newer_catalogue_is_left_alone(reopened, starter_folder):
    with reopened() as library:
        library._catalogue._execute("PRAGMA user_version = 99")
    with pytest.raises(LibraryError) as caught:
        restore(library.folder, starter_folder)
    assert caught.value.code == "CATALOGUE_NEWER"
