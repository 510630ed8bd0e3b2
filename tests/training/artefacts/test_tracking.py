"""A run is told to the tracker that is named, to no other, and to nobody on the network."""

import os
import socket
import sys
import types
from pathlib import Path
from typing import Any

import pytest
from tiny_runs import make_sounds, train

from whisperwave.errors import ConfigError, TrainingError

SHORT = ("trainer.steps=4", "trainer.report_steps=1", "trainer.validation_steps=2",
         "trainer.preview_seconds=0.1")  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return make_sounds(tmp_path / "sounds")


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every address that anybody asks for or connects to; nobody gets through."""
    tried: list[Any] = []

    def refuse(*arguments: Any, **_: Any) -> None:
        tried.append(arguments)
        raise OSError(101, "Network is unreachable")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    return tried


def test_t6_a_short_training_tries_no_connection(folder: Path, connections: list[Any]) -> None:
    train(folder, *SHORT)
    assert connections == []


def test_t6_mlflow_keeps_everything_in_a_file_and_tries_no_connection(
    folder: Path, connections: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    mlflow = pytest.importorskip("mlflow")
    for name in ("MLFLOW_DISABLE_TELEMETRY", "DO_NOT_TRACK"):
        monkeypatch.setenv(name, "false")
    train(folder, *SHORT, "tracker=mlflow", "name=tracked")
    train(folder, *SHORT, "trainer.steps=6", "tracker=mlflow", "name=tracked")
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert connections == []
    client = mlflow.MlflowClient("sqlite:///runs/mlflow.db")
    (found,) = client.search_runs([client.get_experiment_by_name("whisperwave").experiment_id])
    assert found.info.status == "FINISHED"
    assert found.data.params["trainer.batch_size"] == "4"
    steps = [metric.step for metric in client.get_metric_history(found.info.run_id, "bits")]
    assert sorted(steps) == [1, 2, 3, 4, 5, 6]
    assert {"validation_bits", "learning_rate", "seconds_per_step"} <= set(found.data.metrics)
    names = {each.path for each in client.list_artifacts(found.info.run_id)}
    assert {"step-0000002.wav", "step-0000002.png", "tracked.safetensors"} <= names


def test_t6_tensorboard_files_lie_in_the_run(folder: Path, connections: list[Any]) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    path, _ = train(folder, *SHORT, "tracker=tensorboard")
    told = accumulator.EventAccumulator(str(path.parent / "tensorboard"))
    told.Reload()
    assert [event.step for event in told.Scalars("bits")] == [1, 2, 3, 4]
    assert len(told.Audio("preview")) == 2
    assert connections == []


class FakeRun:
    id = "known"

    def __init__(self, calls: list[Any]) -> None:
        self.calls = calls

    def log(self, values: dict[str, Any], step: int) -> None:
        self.calls.append((step, sorted(values)))

    def finish(self) -> None:
        self.calls.append("finish")


def test_t6_wandb_is_a_hook_that_stays_offline(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[Any] = []
    fake = types.ModuleType("wandb")
    fake.__spec__ = types.SimpleNamespace()  # type: ignore[assignment] # enough to be found
    fake.init = lambda **told: calls.append(told) or FakeRun(calls)  # type: ignore[attr-defined]
    fake.Audio = fake.Image = str  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "wandb", fake)
    train(folder, *SHORT, "tracker=wandb", "name=hooked")
    assert (calls[0]["mode"], calls[0]["id"], calls[0]["name"]) == ("offline", None, "hooked")
    assert any("bits" in call[1] for call in calls[1:-1])
    assert calls[-1] == "finish"
    train(folder, *SHORT, "trainer.steps=5", "tracker=wandb", "name=hooked")
    assert [call["id"] for call in calls if isinstance(call, dict)] == [None, "known"]
    with pytest.raises(ConfigError, match="offline or online"):
        train(folder, *SHORT, "tracker=wandb", "tracker.uri=elsewhere", "name=other")


def test_a_tracker_that_is_not_installed_says_what_to_install(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(TrainingError, match=r"NO_TRACKER.*whisperwave\[track\]"):
        train(folder, *SHORT, "tracker=mlflow")


def test_an_unknown_tracker_is_answered_with_the_near_ones(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"Did you mean mlflow"):
        train(folder, *SHORT, "tracker.name=mlflo")


def test_a_tracker_that_fails_costs_nothing_but_itself(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from whisperwave.training.trackers import tensorboard  # noqa: PLC0415 # whose tracker fails

    class Broken:
        def figures(self, *_: Any) -> None:
            raise ZeroDivisionError("no more")

    monkeypatch.setattr(tensorboard, "NEEDS", ())
    monkeypatch.setattr(tensorboard, "open_tracker", lambda _: Broken())
    path, lines = train(folder, *SHORT, "tracker=tensorboard")
    assert path.is_file()
    (told,) = [line for line in lines if line["event"] == "tracker_lost"]
    assert told["reason"] == "ZeroDivisionError: no more"
