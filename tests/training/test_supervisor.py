"""A run that dies is started again, and no failure is repeated for ever."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from whisperwave.errors import GaveUpError
from whisperwave.training import supervisor
from whisperwave.training.artefacts.journal import Report
from whisperwave.training.supervisor import Supervisor

# Plays a run: each line of the plan is one start, with the steps it keeps and how it ends.
ACTOR = """
import json, os, sys, time
from pathlib import Path
place = Path(sys.argv[1])
plan = place.read_text().splitlines()
place.write_text("\\n".join(plan[1:]))
with place.with_name("marks").open("a") as marks:
    print(*sys.argv[2:], file=marks)
*steps, end = plan[0].split()
for step in steps:
    print(json.dumps({"event": "checkpoint", "step": int(step)}), flush=True)
if end == "hang":
    time.sleep(60)
if end.startswith("SIG"):
    import signal
    os.kill(os.getpid(), getattr(signal, end))
if end.isupper():
    print(json.dumps({"error": {"code": end, "message": "", "remedy": ""}}), file=sys.stderr)
sys.exit({"DISK_FULL": 8, "BAD_SETTINGS": 2, "DIVERGED": 10, "ok": 0}.get(end, 7))
"""


def acted(tmp_path: Path, report: Report, *plan: str) -> Supervisor:
    """A supervisor of the actor, who will play this plan."""
    (tmp_path / "plan").write_text("\n".join(plan))
    watched = Supervisor([], report)
    watched._command = (sys.executable, "-c", ACTOR, str(tmp_path / "plan"))
    return watched


def watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *plan: str) -> list[dict[str, Any]]:
    """Supervise the actor through a plan; returns the events."""
    told: list[dict[str, Any]] = []
    watched = acted(tmp_path, told.append, *plan)
    monkeypatch.setattr(watched, "_pause", lambda _: None)
    watched.watch()
    return told


def test_c16_a_run_that_dies_is_started_again_and_each_restart_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = watch(tmp_path, monkeypatch, "1 2 SIGKILL", "2 3 DISK_FULL", "4 ok")
    restarts = [event for event in told if event["event"] == "restart"]
    assert [(e["number"], e["after"], e["step"]) for e in restarts] == [
        (1, "SIGKILL", 2),
        (2, "DISK_FULL", 3),
    ]
    marks = (tmp_path / "marks").read_text().splitlines()
    assert marks == ["", "--restarted-after=SIGKILL", "--restarted-after=DISK_FULL"]


def test_c16_three_equal_failures_without_progress_are_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(GaveUpError, match=r"3 times in the same way.*NO_SOUNDS.*nothing is kept"):
        watch(tmp_path, monkeypatch, *["NO_SOUNDS"] * 9)
    assert len((tmp_path / "plan").read_text().split()) == 6
    assert GaveUpError.exit_code == 9


def test_c16_failures_with_progress_between_them_go_on_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = watch(tmp_path, monkeypatch, *(f"{step} SIGKILL" for step in range(8)), "9 ok")
    assert sum(event["event"] == "restart" for event in told) == 8


def test_c16_changing_failures_without_progress_end_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(GaveUpError, match=r"failed 6 times .*step 1 is kept"):
        watch(tmp_path, monkeypatch, *["1 DISK_FULL", "1 SIGKILL"] * 9)


@pytest.mark.parametrize("error", ["BAD_SETTINGS", "DIVERGED"])
def test_c16_what_no_restart_can_mend_is_not_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: str
) -> None:
    with pytest.raises(GaveUpError, match=f"cannot go on: .*{error}"):
        watch(tmp_path, monkeypatch, f"3 {error}", "4 ok")


def test_asked_to_stop_it_passes_that_on_and_does_not_start_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(event: dict[str, Any]) -> None:
        threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGTERM)).start()

    watched = acted(tmp_path, ask, "1 hang", "2 ok")
    watched.watch()
    assert (tmp_path / "plan").read_text() == "2 ok"


def test_asked_while_it_starts_the_run_it_passes_that_on_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    children = []

    class Started(subprocess.Popen):  # type: ignore[type-arg]
        def __init__(self, *words: Any, **how: Any) -> None:
            super().__init__(*words, **how)
            children.append(self)
            signal.raise_signal(signal.SIGTERM)  # there is a child, and nobody knows it yet

    monkeypatch.setattr(subprocess, "Popen", Started)
    watched = acted(tmp_path, lambda _: None, "hang", "2 ok")
    watched.watch()
    assert [child.returncode for child in children] == [-signal.SIGTERM]


def test_asked_while_it_waits_to_start_again_it_waits_no_longer(tmp_path: Path) -> None:
    def ask(event: dict[str, Any]) -> None:
        if event["event"] == "restart":
            threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGTERM)).start()

    watched = acted(tmp_path, ask, "SIGKILL", "2 ok")
    watched.watch()
    assert (tmp_path / "plan").read_text() == "2 ok"


def test_the_supervisor_needs_no_torch() -> None:
    assert supervisor.__name__ == "whisperwave.training.supervisor"
    code = "import sys, whisperwave.training.supervisor; sys.exit('torch' in sys.modules)"
    assert os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-c", code]) == 0
