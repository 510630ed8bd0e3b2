"""Runs as jobs of SLURM, by a stand-in that runs the real scripts on this machine."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny_runs import TINY, make_sounds

from whisperwave.errors import TrainingError
from whisperwave.training import launching
from whisperwave.training.artefacts import checkpoints
from whisperwave.training.artefacts.journal import read

HERE = Path(__file__).parent
needs_launcher = pytest.mark.skipif(
    importlib.util.find_spec("submitit") is None, reason="needs the cluster extra"
)


def install(place: Path) -> dict[str, str]:
    """The stand-in on a path of its own; returns the environment that has it."""
    place.mkdir()
    for name in ("sbatch", "srun", "sacct", "scontrol"):
        command = place / name
        command.write_text(f"#!{sys.executable}\n" + (HERE / "fake_slurm.py").read_text())
        command.chmod(0o755)
    return os.environ | {
        "PATH": f"{place}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(sys.path),
        "FAKE_SLURM": str(place),
    }


def wait_for(found: Callable[[], Any]) -> Any:
    for _ in range(3000):
        if result := found():
            return result
        time.sleep(0.1)
    raise TimeoutError


@needs_launcher
@pytest.mark.skipif(sys.platform == "win32", reason="SLURM is not for Windows")
def test_jobs_of_two_tasks_train_are_queued_again_before_their_time_is_over_and_fail_with_a_reason(
    tmp_path: Path,
) -> None:
    folder, slurm = make_sounds(tmp_path / "sounds"), tmp_path / "slurm"
    told = install(slurm)
    words = [
        *TINY, f"folder={tmp_path / 'runs'}", "name=job", "trainer.steps=80",
        "trainer.report_steps=1", "trainer.checkpoint_steps=1", "trainer.validation_steps=1000",
        "trainer.batch_size=4,3", "hydra/launcher=slurm",
        "hydra.launcher.tasks_per_node=2", "hydra.launcher.partition=small",
    ]  # fmt: skip
    command = [sys.executable, "-m", "whisperwave", "train", folder, "--multirun", *words, "--json"]
    with subprocess.Popen(command, env=told, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.PIPE) as sweep:  # fmt: skip
        good, bad = (tmp_path / "runs/job" / number for number in "01")
        wait_for(lambda: [e for e in read(good / "log.jsonl") if e.get("step", 0) >= 5])
        for task in (slurm / "tasks-0").read_text().split():
            os.kill(int(task), signal.SIGUSR2)
        said, errors = sweep.communicate(timeout=600)
    assert "#SBATCH --partition=small" in (slurm / "script.sh").read_text()
    log = read(good / "log.jsonl")
    stopped, resumed = (
        next(e for e in log if e["event"] == event) for event in ("stopped", "resumed")
    )
    assert resumed["step"] == stopped["step"] < 80
    assert resumed["after"] == "stopped"
    assert log[-1]["event"] == "done"
    assert not [e for e in log if e["event"] == "not_bit_exact"]
    newest = checkpoints.latest(good / "checkpoints", lambda _: None)
    assert newest is not None
    assert newest.facts["machine"]["ranks"] == 2
    assert read(bad / "log.jsonl")[-1]["code"] == "BATCH_NOT_SHARED"
    assert json.loads(said.splitlines()[-1]) == {"event": "swept", "runs": 2, "failed": 1}
    assert "trainer.batch_size=3 (BATCH_NOT_SHARED)" in json.loads(errors)["error"]["message"]


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(TrainingError, match=r"NO_LAUNCHER.*whisperwave\[cluster\]"):
        launching.launch(Path("sounds"), ["hydra/launcher=slurm"], print)


@needs_launcher
def test_where_there_is_no_slurm_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    words = [*TINY, f"folder={tmp_path}", "hydra/launcher=slurm"]
    with pytest.raises(TrainingError, match=r"NO_SLURM.*srun"):
        launching.launch(tmp_path, words, print)
