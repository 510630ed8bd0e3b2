"""Does a checkpoint survive every refusal of the disk, and a kill at every call that changes it?

    python tests/prove/checkpoint_faults.py --json benchmarks/results/checkpoint_faults.json

Each task (keeping the first checkpoint, the next with an older one removed, one again that was
damaged, and clearing up after a kill) is done again and again, and at its first, second, third …
call that changes a file or folder the process is killed, tears a write, or gets EIO or ENOSPC, once
or for good. After each, the newest checkpoint must be whole and no older than what was there
before, or was acknowledged; as many as are to be kept must be whole; and the next one must succeed
and leave nothing lying about. The exit status is 0 only if it was so each time.
"""

import argparse
import json
import os
import shutil
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import faulty_disk
from faulty_disk import MODES

from whisperwave.errors import TrainingError, WhisperwaveError
from whisperwave.library import durable
from whisperwave.training.artefacts import checkpoints

FILES = {"state.pt": Random(1).randbytes(100_000), "model.safetensors": Random(2).randbytes(9_000)}
KEEP, LAST = 2, 9
DONE, REFUSED, KILLED = 0, 3, -9


@dataclass(frozen=True)
class Task:
    """What is done to a folder of whole checkpoints of the steps ``before``, and what is kept."""

    before: tuple[int, ...]
    do: Callable[[Path], None]
    after: int
    damaged: int | None = None


def save(folder: Path, step: int) -> None:
    """Keep one, as training does."""
    checkpoints.save(folder, step, FILES, {"validation_bits": None})
    checkpoints.prune(folder, KEEP, None)


TASKS = {
    "the first": Task((), lambda folder: save(folder, 1), 1),
    "the next": Task((1, 2), lambda folder: save(folder, 3), 3),
    "one again": Task((1, 2), lambda folder: save(folder, 2), 2, damaged=2),
    "clearing up": Task((1, 2), checkpoints.sweep, 2),
}


def prepared(parent: Path, task: Task) -> Path:
    """A folder in the state that a task begins with, with what two killed writers have left."""
    folder = parent / "checkpoints"
    shutil.rmtree(folder, ignore_errors=True)
    for step in task.before:
        save(folder, step)
    if task.damaged is not None:
        (folder / f"step-{task.damaged:07d}" / "state.pt").write_bytes(b"torn")
    if task.do == checkpoints.sweep:
        for left in (".step-0000003.tmp.1", ".step-0000001.tmp.old.1"):
            shutil.copytree(folder / "step-0000001", folder / left)
    return folder


def run(task: Task, folder: Path, point: int, mode: int) -> tuple[int, int]:
    """Do it in a child whose disk fails; returns how the child ended, and the calls it made."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _leave(task, folder, point, mode, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as told:
        points = int(told.read() or 0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), points


def _leave(task: Task, folder: Path, point: int, mode: int, writing: int) -> None:
    try:
        faulty_disk.arm(folder, point, mode)
        task.do(folder)
        os.write(writing, str(faulty_disk.points()).encode())
    except WhisperwaveError:
        os._exit(REFUSED)
    except BaseException:  # noqa: BLE001 # a forked child must never return to its parent's code
        os._exit(1)
    os._exit(DONE)


def faults(task: Task, folder: Path, status: int) -> list[str]:
    """What is not as it must be."""
    found = [] if status in (DONE, REFUSED, KILLED) else [f"the child ended with {status}"]
    sound = [step for step in task.before if step != task.damaged]
    least = task.after if status == DONE else max(sound, default=0)
    step = _newest(folder)
    if not least <= step <= task.after:
        found.append(f"step {step} is the newest, not {least} to {task.after}")
    whole = [path for path in checkpoints.steps(folder) if _is_whole(path)]
    if len(whole) < min(KEEP, len(sound)):
        found.append(f"only {len(whole)} are whole")
    checkpoints.sweep(folder)
    save(folder, LAST)
    if _newest(folder) != LAST:
        found.append("the next one cannot be read")
    return found + [f"{path.name} lies about" for path in folder.glob(".*")]


def _newest(folder: Path) -> int:
    """The step of the newest whole one; 0 where there is none, -1 where all are damaged."""
    try:
        found = checkpoints.latest(folder, lambda _: None)
    except TrainingError:
        return -1
    if found is None:
        return 0
    return found.step if found.files == FILES else -1


def _is_whole(path: Path) -> bool:
    try:
        checkpoints.load(path)
    except TrainingError:
        return False
    return True


def prove(parent: Path, stride: int = 1) -> dict[str, object]:
    """Every fault at every ``stride``-th point of every task."""
    ends: Counter[str] = Counter()
    points_of: dict[str, int] = {}
    failures: list[str] = []
    for name, task in TASKS.items():
        _, points_of[name] = run(task, prepared(parent, task), 0, 0)
        for point in range(1, points_of[name] + 1, stride):
            for mode, fault in enumerate(MODES):
                folder = prepared(parent, task)
                status, _ = run(task, folder, point, mode)
                ends[{DONE: "done", REFUSED: "refused", KILLED: "killed"}.get(status, "lost")] += 1
                about = f"{name}, point {point}, {fault}"
                failures += [f"{about}: {each}" for each in faults(task, folder, status)]
    return {"points": points_of, "runs": ends.total(), "ends": dict(ends), "failures": failures}


def main() -> int:
    """Read the options, prove, print and save the result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stride", type=int, default=1, help="take every n-th call")
    parser.add_argument("--json", type=Path, help="where to write the result")
    options = parser.parse_args()
    folder = faulty_disk.preloaded()
    try:
        question = "Does a checkpoint survive every refusal of the disk, and a kill at every call?"
        result = {"question": question, **prove(folder, options.stride)}
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    text = json.dumps(result, indent=2)
    print(text)  # noqa: T201 # a proof's output is its purpose
    if options.json:
        durable.write_bytes(options.json, text.encode() + b"\n")
    return 1 if result["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())
