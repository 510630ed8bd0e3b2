import datetime
from dataclasses import replace
from pathlib import Path

import pytest

from whisperwave.training.artefacts.place import find
from whisperwave.training.settings.hydra_app import compose
from whisperwave.training.settings.run import RunSettings

MONDAY, TUESDAY = datetime.date(2026, 11, 23), datetime.date(2026, 11, 24)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunSettings:
    monkeypatch.chdir(tmp_path)
    return RunSettings.from_mapping(compose(["name=rain"]))


def begin(settings: RunSettings, day: datetime.date, *, ended: bool = False) -> Path:
    place = find(settings, day)
    place.folder.mkdir(parents=True, exist_ok=True)
    if ended:
        place.model.touch()
    return place.folder


def test_a_run_lies_under_its_date_and_name(settings: RunSettings) -> None:
    assert begin(settings, MONDAY) == Path("runs/2026-11-23/rain")


def test_a_run_that_has_not_ended_is_gone_on_with_on_another_day(settings: RunSettings) -> None:
    first = begin(settings, MONDAY)
    assert begin(settings, TUESDAY) == first


def test_after_a_run_that_has_ended_another_begins(settings: RunSettings) -> None:
    begin(settings, MONDAY, ended=True)
    assert begin(settings, MONDAY) == Path("runs/2026-11-23/rain-2")
    assert begin(settings, MONDAY, ended=True) == Path("runs/2026-11-23/rain-2")
    assert begin(settings, MONDAY, ended=True) == Path("runs/2026-11-23/rain-3")
    assert begin(settings, TUESDAY) == Path("runs/2026-11-24/rain")


def test_another_name_that_begins_alike_is_another_run(settings: RunSettings) -> None:
    begin(replace(settings, name="rain-on-a-roof"), MONDAY)
    assert begin(settings, TUESDAY) == Path("runs/2026-11-24/rain")


def test_a_named_folder_is_taken_as_it_is(settings: RunSettings) -> None:
    named = replace(settings, folder="elsewhere")
    begin(named, MONDAY, ended=True)
    assert begin(named, TUESDAY) == Path("elsewhere/rain")
