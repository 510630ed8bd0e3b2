"""What Hydra composes becomes the settings of a run; sweeps are runs side by side."""

import json
from pathlib import Path
from typing import Any

import pytest
from tiny_runs import TINY, make_sounds

from whisperwave.cli import main
from whisperwave.errors import ConfigError, TrainingError
from whisperwave.training import sweeping
from whisperwave.training.material.preparation import build_network
from whisperwave.training.settings.hydra_app import CONF, compose
from whisperwave.training.settings.run import RunSettings
from whisperwave.workers import Needs, Processes


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return make_sounds(tmp_path / "sounds")


GROUPS = ("model", "data", "augmentation", "task", "trainer", "experiment", "debug")
CHOICES = [
    f"{group}={path.relative_to(CONF / group).with_suffix('').as_posix()}"
    for group in GROUPS
    for path in sorted((CONF / group).rglob("*.yaml"))
]


@pytest.mark.parametrize("choice", CHOICES)
def test_every_choice_of_every_group_is_a_run_that_could_begin(choice: str) -> None:
    settings = RunSettings.from_mapping(compose([choice]))
    build_network(settings)
    assert settings.as_mapping() == json.loads(json.dumps(settings.as_mapping()))


def test_every_group_has_a_choice() -> None:
    assert {choice.partition("=")[0] for choice in CHOICES} == set(GROUPS)


@pytest.mark.parametrize(
    ("words", "last"),
    [
        ([], 4000),
        (["trainer.minutes=480"], 10**9),
        (["trainer=night"], 10**9),
        (["trainer=night", "trainer.steps=70"], 70),
    ],
)
def test_a_run_that_is_told_minutes_takes_as_many_steps_as_they_allow(
    words: list[str], last: int
) -> None:
    assert RunSettings.from_mapping(compose(words)).trainer.last_step == last


def test_a_preset_can_be_overridden_behind_it() -> None:
    settings = RunSettings.from_mapping(
        compose(["experiment=fine_tune", "trainer.minutes=7", "warm_start=calm"])
    )
    assert settings.trainer.minutes == 7.0
    assert settings.trainer.patience == 10
    assert [phase.steps for phase in settings.trainer.phases] == [200, None]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["name=a/b"], "name='a/b'"),
        (["trainer.freeze=embedding"], r"trainer\.freeze"),
        (["trainer.phases=[{until: 3}]"], "until"),
        (["trainer.steps=1.5"], r"trainer\.steps is 1\.5"),
        (["accelerator=tpu"], "accelerator='tpu'.*cuda"),
        (["task=nothing"], "task"),
    ],
)
def test_a_setting_of_the_wrong_kind_is_named(words: list[str], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        RunSettings.from_mapping(compose(words))


def test_cfg_prints_the_composed_settings_and_trains_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        main(["train", str(folder), "trainer.steps=3", "model=wavenet/asmr", "--cfg", "job"]) == 0
    )
    printed = capsys.readouterr().out
    assert "steps: 3\n" in printed
    assert "skip_channels: 1024\n" in printed
    assert [each.name for each in folder.parent.iterdir() if each.name != "sounds"] == []


def test_a_sweep_trains_once_for_every_combination_and_goes_on_where_it_was(folder: Path) -> None:
    words = [*TINY, "trainer.steps=2", "name=two", "trainer.momentum=0.1,0.2"]
    for turn in range(2):
        told: list[dict[str, Any]] = []
        sweeping.sweep(folder, words, told.append)
        assert told[-1] == {"event": "swept", "runs": 2, "failed": 0}
        assert sum(event["event"] == "resumed" for event in told) == 2 * turn
    told_of = [event["settings"] for event in told if event["event"] == "run"]
    assert told_of == ["trainer.momentum=0.1", "trainer.momentum=0.2"]
    models = sorted(folder.parent.glob("runs/*/two/[01]/two.safetensors"))
    found = [json.loads((path.parent / "settings.json").read_text()) for path in models]
    assert [each["trainer"]["momentum"] for each in found] == [0.1, 0.2]


def test_of_runs_that_workers_train_the_last_event_is_told(folder: Path) -> None:
    told: list[dict[str, Any]] = []
    words = [*TINY, "trainer.steps=1", "folder=there", "name=four", "data.crop=100,999999"]
    with pytest.raises(TrainingError, match=r"SWEEP_FAILED: 1 of 2 .*TOO_SHORT"):
        sweeping.sweep(folder, words, told.append, Processes())
    assert [event["event"] for event in told] == ["run", "run", "done", "failed", "swept"]
    assert list(Path("there").glob("four/0/four.safetensors"))


def test_a_run_needs_a_core_for_each_thread_and_a_gpu_unless_told_not_to(folder: Path) -> None:
    def needs(*words: str) -> Needs:
        return sweeping.Trial(compose(words), folder, "").needs(folder)

    assert needs() == Needs((folder,), cores=1, gpu=True)
    assert needs("trainer.threads=3", "accelerator=cpu") == Needs((folder,), cores=3, gpu=False)


@pytest.mark.parametrize("words", [["--cluster", "auto"], ["-m", "--cluster", "sounds/"]])
def test_a_cluster_is_for_sweeps_and_has_an_address(
    folder: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", str(folder), *words]) == 2
    assert ("BAD_CLUSTER" if "-m" in words else "NO_SWEEP") in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--supervise", "--accept-changed-data"])
def test_what_is_for_one_run_is_refused_beside_a_sweep(
    folder: Path, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It was left out without a word, or one run was supervised in place of several."""
    assert main(["train", str(folder), option, "-m", *TINY, "trainer.steps=1,2"]) == 2
    refusal = capsys.readouterr().err
    assert refusal.startswith("ONE_RUN")
    assert option in refusal
    assert not (folder.parent / "runs").exists()


def test_settings_that_are_asked_for_are_printed_and_nothing_is_supervised(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", str(folder), "--supervise", "--cfg", "job", "trainer.steps=3"]) == 0
    assert "steps: 3\n" in capsys.readouterr().out
    assert [each.name for each in folder.parent.iterdir() if each.name != "sounds"] == []


def test_a_run_that_fails_does_not_stop_a_sweep(folder: Path) -> None:
    told: list[dict[str, Any]] = []
    words = [*TINY, "trainer.steps=1", "folder=here", "name=three", "data.crop=100,999999"]
    with pytest.raises(TrainingError, match=r"SWEEP_FAILED: 1 of 2 .*data.crop=999999.*TOO_SHORT"):
        sweeping.sweep(folder, words, told.append)
    assert [event["event"] for event in told if event["event"] in ("failed", "done")] == [
        "done",
        "failed",
    ]
    assert list(Path("here").glob("three/0/three.safetensors"))


def test_a_preset_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(ConfigError, match="BAD_OVERRIDE") as refusal:
        compose(["model=wavenet/nope"])
    assert "model=wavenet/nope" in refusal.value.message
    for name in ("wavenet/calm", "wavenet/genre"):
        assert name in refusal.value.remedy
    with pytest.raises(ConfigError, match="BAD_OVERRIDE") as refusal:
        compose(["trainer.stepps=5"])
    assert "--cfg job" in refusal.value.remedy


def test_a_word_that_hydra_does_not_know_is_explained_in_a_sweep_too(folder: Path) -> None:
    with pytest.raises(ConfigError, match="BAD_OVERRIDE"):
        sweeping.sweep(folder, ["trainer.speed=1,2"], lambda _: None)
