"""A run that another version of WhisperWave has begun: it goes on as it was, or not at all."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny_runs import TINY, make_sounds, train

from whisperwave import __version__
from whisperwave.errors import ConfigError, TrainingError
from whisperwave.training import sweeping
from whisperwave.training.artefacts import checkpoints
from whisperwave.training.artefacts.checkpoints import MANIFEST
from whisperwave.training.settings.changes import changes
from whisperwave.training.settings.hydra_app import compose
from whisperwave.training.settings.run import RunSettings

Settings = dict[str, Any]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return make_sounds(tmp_path / "sounds")


def rewrite(run: Path, change: Callable[[Settings], object]) -> None:
    """Change the manifests of a run, as another version would have written them."""
    for step in checkpoints.steps(run / "checkpoints"):
        content = json.loads((step / MANIFEST).read_text())
        content.pop("self")
        change(content)
        sealed = content | {"self": checkpoints._seal(content)}
        (step / MANIFEST).write_text(json.dumps(sealed))


def forget(*names: str) -> Callable[[Settings], object]:
    """The manifest of a version that did not have some settings, nor told its number."""

    def change(content: Settings) -> None:
        content.pop("version")
        for name in names:
            group, _, key = name.partition(".")
            del content["settings"][group][key]

    return change


def composed(*words: str) -> Settings:
    return RunSettings.from_mapping(compose([*TINY, *words])).as_mapping()


def test_a_manifest_tells_which_version_has_written_it(folder: Path) -> None:
    path, _ = train(folder, "trainer.steps=1")
    newest = checkpoints.latest(path.parent / "checkpoints", lambda _: None)
    assert newest is not None
    assert newest.facts["version"] == __version__


def test_c12_a_setting_that_is_newer_than_the_run_must_be_as_it_is_by_itself(folder: Path) -> None:
    path, _ = train(folder, "trainer.steps=1", "name=old")
    rewrite(path.parent, forget("data.style", "data.controls", "trainer.preview_seconds"))
    with pytest.raises(ConfigError, match=r"data\.style: not there then, classes now"):
        train(folder, "trainer.steps=2", "name=old", "data.style=classes")
    _, lines = train(folder, "trainer.steps=2", "name=old", "trainer.preview_seconds=1")
    (told,) = [line for line in lines if line["event"] == "resumed"]
    assert told["changed"] == {"trainer.steps": [1, 2], "trainer.preview_seconds": [None, 1.0]}


def test_a_run_of_a_sweep_has_newer_settings_judged_too(folder: Path) -> None:
    """There the settings are composed while Hydra is at it."""
    words = [*TINY, "trainer.steps=1", "folder=there", "name=two", "trainer.momentum=0.1,0.2"]
    sweeping.sweep(folder, words, lambda _: None)
    for number in (0, 1):
        run = folder.parent / "there" / "two" / str(number)
        rewrite(run, forget("data.style", "trainer.momentum"))
    told: list[Settings] = []
    with pytest.raises(TrainingError, match="SWEEP_FAILED: 2 of 2"):
        sweeping.sweep(folder, words, told.append)
    refused = [event["message"] for event in told if event["event"] == "failed"]
    assert ["not there then, 0.1 now" in refused[0], "not there then, 0.2 now" in refused[1]] == [
        True, True,
    ]  # fmt: skip
    assert all("data.style" not in each for each in refused)


def test_c12_settings_that_nobody_here_knows_are_refused_with_the_version_that_does(
    folder: Path,
) -> None:
    path, _ = train(folder, "trainer.steps=1", "name=new")
    before = {p: p.read_bytes() for p in path.parent.rglob("*.safetensors")}

    def later(content: Settings) -> None:
        content["version"] = "9.9.0"
        content["settings"]["data"]["reverberation"] = 0.5

    rewrite(path.parent, later)
    with pytest.raises(ConfigError, match=r"data\.reverberation=0\.5.*9\.9\.0") as refusal:
        train(folder, "trainer.steps=2", "name=new")
    assert refusal.value.code == "SETTINGS_UNKNOWN"
    assert __version__ in refusal.value.message
    assert {p: p.read_bytes() for p in before} == before


def test_a_group_of_settings_that_is_gone_is_named_setting_by_setting() -> None:
    before = composed() | {"ghost": {"depth": 3, "name": "x"}}
    with pytest.raises(ConfigError, match=r"ghost\.depth=3, ghost\.name=x.*another whisperwave"):
        changes(before, composed())


def test_a_setting_that_is_gone_but_could_be_anything_stops_nothing() -> None:
    now = composed()
    before = json.loads(json.dumps(now))
    del now["trainer"]["wait_minutes"]
    assert changes(before, now) == {}


def test_c12_checkpoints_of_a_newer_version_are_refused_and_left_as_they_are(folder: Path) -> None:
    """They were taken for damaged: passed over, and in the end removed."""
    path, _ = train(folder, "trainer.steps=20", "name=later")
    kept = checkpoints.steps(path.parent / "checkpoints")

    def change(content: Settings) -> None:
        if content["step"] == 20:
            content |= {"format": 2, "version": "9.9.0"}

    rewrite(path.parent, change)
    with pytest.raises(TrainingError, match=r"format 2;.*9\.9\.0") as refusal:
        train(folder, "trainer.steps=30", "name=later")
    assert refusal.value.code == "CHECKPOINT_NEWER"
    assert checkpoints.steps(path.parent / "checkpoints") == kept
