"""Two processes train one run as one would; losing one, stopping both and going on are told."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from ranked import CUT_STEP, SPOILT_STEP
from tiny_runs import EXACT, TINY, assert_same, cut, figures, make_sounds, state_of, train

from whisperwave.cli import main
from whisperwave.errors import TrainingError
from whisperwave.training.artefacts import checkpoints
from whisperwave.training.artefacts.journal import Aside, read
from whisperwave.training.processes import accelerators, machine
from whisperwave.training.processes.launched import Launched
from whisperwave.training.processes.ranks import Ranks

HERE = Path(__file__).parent
STEPS = 9
PHASES = "trainer.phases=[{steps: 3, freeze: ['embedding.*']}, {steps: 3, freeze: ['layers.*']}]"
TORCHRUN = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2")


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(HERE), *sys.path])}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of one process (``one``, and ``two-then-one``) and of two; see `ranked`."""
    folder = make_sounds(tmp_path_factory.mktemp("ranks") / "sounds")
    place = folder.parent / "runs"
    words = [*EXACT, f"trainer.steps={STEPS}", PHASES]
    train(folder, *words, "name=one")
    cut(place / "one", CUT_STEP, "one-then-two")
    command = [*TORCHRUN, HERE / "ranked.py", folder, *TINY, *words, f"folder={place}"]
    subprocess.run(command, env=environment(), check=True, timeout=600)
    cut(place / "spoilt", CUT_STEP, "two-then-one")
    train(folder, *words, "name=two-then-one")
    return place


def last(run: Path) -> dict[str, Any]:
    return state_of(run / "checkpoints" / f"step-{STEPS:07d}")


def assert_near(one: Path, other: Path, after: int = 0) -> None:
    """The figures of every step, and the weights, but for the rounding of sums."""
    first, second = (figures(run / "log.jsonl") for run in (one, other))
    first = {key: value for key, value in first.items() if key[1] > after}
    assert first.keys() == second.keys()
    for key, told in first.items():
        for name in told.keys() - {"event", "best"}:
            assert second[key][name] == pytest.approx(told[name], rel=1e-4), (key, name)
    for name, weights in last(one)["average"].items():
        torch.testing.assert_close(last(other)["average"][name], weights, rtol=1e-3, atol=1e-5)


def test_two_processes_learn_what_one_learns_to_float_rounding(runs: Path) -> None:
    assert_near(runs / "one", runs / "spoilt")


def test_both_go_back_from_a_step_that_was_not_finite_in_one_of_them(runs: Path) -> None:
    """It leaves no trace in the weights: the test above compares that very run."""
    (told,) = [e for e in read(runs / "spoilt/log.jsonl") if e["event"] == "rolled_back"]
    assert (told["step"], told["to"]) == (SPOILT_STEP, SPOILT_STEP)
    found = json.loads(Path(told["found"]).read_text())
    assert found["crops"] == list(range(4 * SPOILT_STEP, 4 * SPOILT_STEP + 4))
    assert found["gradient_norm"] == "nan"


def test_only_the_first_process_writes_and_speaks(runs: Path) -> None:
    said = (runs.parent / "said-spoilt-0").read_text().splitlines()
    assert len(said) == len(read(runs / "spoilt/log.jsonl")) > STEPS
    assert (runs.parent / "said-spoilt-1").read_text() == ""
    assert (runs / "spoilt/spoilt.safetensors").is_file()
    assert {path.name for path in (runs / "spoilt").iterdir()} == {
        ".lock", "checkpoints", "log.jsonl", "settings.json", "spoilt.safetensors", "troubles",
    }  # fmt: skip


def test_two_processes_that_go_on_end_with_the_same_bits(runs: Path) -> None:
    assert_same(last(runs / "spoilt"), last(runs / "cut"))
    assert not [e for e in read(runs / "cut/log.jsonl") if e["event"] == "not_bit_exact"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("one-then-two", "processes 1 then, 2 now"),
        ("two-then-one", "processes 2 then, 1 now"),
    ],
)
def test_a_run_goes_on_with_another_number_of_processes_and_says_what_that_means(
    runs: Path, name: str, reason: str
) -> None:
    assert_near(runs / "one", runs / name, after=CUT_STEP)
    (told,) = [e for e in read(runs / name / "log.jsonl") if e["event"] == "not_bit_exact"]
    assert (told["step"], told["reasons"]) == (CUT_STEP, [reason])
    newest = checkpoints.latest(runs / name / "checkpoints", lambda _: None)
    assert newest is not None
    assert newest.facts["breaks"] == [{"step": CUT_STEP, "reasons": [reason]}]


class Started:
    """A run of two processes by the command line, with its events as they happen."""

    def __init__(self, folder: Path, *words: str) -> None:
        place = f"folder={folder.parent / 'runs'}"
        self.errors = folder.parent / "errors"
        with self.errors.open("w") as errors:
            self.process = subprocess.Popen(
                [*TORCHRUN, "-m", "whisperwave", "train", folder, *TINY, place, *words, "--json"],
                env=environment(), stdout=subprocess.PIPE, stderr=errors, text=True,
            )  # fmt: skip

    def events(self) -> Iterator[dict[str, Any]]:
        """Each event, until the end."""
        for line in self.process.stdout:
            yield json.loads(line)

    def wait(self) -> int:
        """Its exit code, within a bounded time."""
        self.process.communicate(timeout=300)
        return self.process.returncode

    def until_step(self, step: int) -> None:
        """Read on until a step is told."""
        next(e for e in self.events() if e["event"] == "step" and e["step"] >= step)

    def child(self, rank: int) -> int:
        """The process of a rank."""
        for path in Path("/proc").glob("[0-9]*/environ"):
            try:
                told = path.read_bytes().split(b"\0")
                parent = int((path.parent / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if parent == self.process.pid and b"RANK=%d" % rank in told:
                return int(path.parent.name)
        raise LookupError(rank)


LONG = ("trainer.steps=100000", "trainer.report_steps=1", "trainer.checkpoint_steps=10")


@pytest.mark.skipif(sys.platform != "linux", reason="looks for the processes in /proc")
def test_a_killed_process_ends_the_other_with_a_word_and_the_run_goes_on(tmp_path: Path) -> None:
    """The first is killed, and the one that else is silent speaks; `make prove` kills both."""
    folder = make_sounds(tmp_path / "sounds")
    started = Started(folder, *LONG, "name=killed")
    started.until_step(12)
    os.kill(started.child(0), signal.SIGKILL)
    assert started.wait() != 0
    said = started.errors.read_text()
    assert '"RANK_LOST", "message": "Process 1 of 2 has lost another: ' in said
    assert "Traceback" not in said.partition("RANK_LOST")[0]
    _, lines = train(folder, "trainer.steps=30", "name=killed")
    (told,) = [line for line in lines if line["event"] == "resumed"]
    assert told["step"] >= 10
    assert told["after"] == "crash"


def test_c4_ctrl_c_stops_both_and_keeps_the_step_in_hand(tmp_path: Path) -> None:
    folder = make_sounds(tmp_path / "sounds")
    started = Started(folder, *LONG, "name=stopped")
    started.until_step(3)
    started.process.send_signal(signal.SIGINT)
    *_, kept, stopped = started.events()
    started.wait()
    assert (kept["event"], stopped["event"]) == ("checkpoint", "stopped")
    assert kept["step"] == stopped["step"]
    assert "RANK_LOST" not in started.errors.read_text()
    newest = checkpoints.latest(tmp_path / "runs/stopped/checkpoints", lambda _: None)
    assert newest is not None
    assert newest.step == stopped["step"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["trainer.batch_size=3"], "BATCH_NOT_SHARED"),
        (["overfit=true"], "ONE_PROCESS"),
        (["--supervise"], "ONE_PROCESS"),
        (["--multirun"], "ONE_PROCESS"),
    ],
)
def test_what_several_processes_cannot_do_is_refused_before_they_meet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    words: Sequence[str], code: str,
) -> None:  # fmt: skip
    for name, value in (("RANK", 1), ("WORLD_SIZE", 2), ("LOCAL_RANK", 1), ("LOCAL_WORLD_SIZE", 2)):
        monkeypatch.setenv(name, str(value))
    assert main(["train", str(make_sounds(tmp_path / "sounds")), *words]) == 2
    assert capsys.readouterr().err.startswith(code)


def test_processes_that_differ_are_refused_with_the_difference(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def gather(held: list[str], mine: str) -> None:
        held[:] = [mine, mine.replace("AVX2", "AVX512")]

    monkeypatch.setattr(torch.distributed, "all_gather_object", gather)
    ranks = Ranks(Launched(0, 2, 0, 2))
    ranks.check_agreed({"torch": "2.13", "data": "abc"})
    with pytest.raises(TrainingError, match=r"RANKS_DIFFER.*'AVX2' in process 0, 'AVX512' in .* 1"):
        ranks.check_agreed({"torch": "2.13", "instruction_set": "AVX2"})


def test_each_process_needs_a_device_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert accelerators.choose("auto", 2) == ("cuda", "")
    assert accelerators.choose("auto", 3) == ("cpu", "")
    assert accelerators.choose("cuda", 3) == ("cpu", "torch finds no 3 cuda devices here")


def test_what_another_process_alone_knows_it_says_with_its_number() -> None:
    told: list[dict[str, Any]] = []
    journal = Aside(told.append, 3)
    journal({"event": "step", "step": 1})
    journal({"event": "worker_lost", "reason": "killed"})
    assert told == [{"event": "worker_lost", "reason": "killed", "rank": 3}]


def test_each_process_takes_its_part_of_the_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_processors", lambda: 8)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # as torchrun sets it
    assert [machine.threads_each(count) for count in (1, 2, 3, 16)] == [8, 4, 2, 1]
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert machine.threads_each(2) == 3
