"""Stands in for SLURM on one machine: `sbatch`, `srun`, `sacct` and `scontrol`, by its own name.

A job is a script that is run by bash, as SLURM runs it; a task is a process with SLURM's variables.
What it knows lies in the folder that FAKE_SLURM names.
"""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

PLACE = Path(os.environ["FAKE_SLURM"])
FIRST = 4711


def sbatch(words: list[str]) -> None:
    """Start every job of an array, and say its number."""
    script = PLACE / "script.sh"
    script.write_text(Path(words[-1]).read_text())
    last = int(_asked(script.read_text(), "array", "0-0").partition("%")[0].split("-")[1])
    for index in range(last + 1):
        _start(index)
    sys.stdout.write(f"Submitted batch job {FIRST}\n")


def _asked(script: str, name: str, otherwise: str) -> str:
    found = re.search(rf"^#SBATCH --{name}=(\S+)$", script, re.MULTILINE)
    return found[1] if found else otherwise


def _start(index: int) -> None:
    script = PLACE / "script.sh"
    tasks = _asked(script.read_text(), "ntasks-per-node", "1")
    variables = {
        "SLURM_ARRAY_JOB_ID": FIRST, "SLURM_ARRAY_TASK_ID": index,
        "SLURM_JOB_ID": FIRST + 1 + index, "SLURM_JOB_NUM_NODES": 1, "SLURM_NTASKS": tasks,
        "SLURM_JOB_NODELIST": "localhost", "SLURM_NODEID": 0,
    }  # fmt: skip
    told = os.environ | {name: str(value) for name, value in variables.items()}
    with (PLACE / f"job-{index}.out").open("a") as out:
        subprocess.Popen(["bash", script], env=told, stdout=out, stderr=out, start_new_session=True)


def srun(words: list[str]) -> None:
    """Run every task of a job, each with its output in a file, and wait for them."""
    options = [word for word in words if word.startswith("--")]
    command = words[words.index("--error") + 2 :]
    assert options[:3] == ["--unbuffered", "--output", "--error"]
    output, error = words[2], words[4]
    job, index = (os.environ[f"SLURM_ARRAY_{name}_ID"] for name in ("JOB", "TASK"))
    tasks = []
    for rank in range(int(os.environ["SLURM_NTASKS"])):
        told = os.environ | {"SLURM_PROCID": str(rank), "SLURM_LOCALID": str(rank)}
        names = [
            name.replace("%A", job).replace("%a", index).replace("%t", str(rank))
            for name in (output, error)
        ]
        with Path(names[0]).open("a") as out, Path(names[1]).open("a") as err:
            tasks.append(subprocess.Popen(command, env=told, stdout=out, stderr=err))
    (PLACE / f"tasks-{index}").write_text(" ".join(str(task.pid) for task in tasks))
    for task in tasks:
        task.wait()
    (PLACE / f"tasks-{index}").unlink()
    if (PLACE / f"again-{index}").exists():
        (PLACE / f"again-{index}").unlink()
        _start(int(index))


def sacct(_words: list[str]) -> None:
    """Say that every job runs; how they end is read from what they leave."""
    sys.stdout.write("JobID|State|NodeList\n")
    for script in PLACE.glob("job-*.out"):
        sys.stdout.write(f"{FIRST}_{script.stem[4:]}|RUNNING|localhost\n")


def scontrol(words: list[str]) -> None:
    """Queue a job again, once its tasks have ended."""
    assert words[0] == "requeue"
    (PLACE / f"again-{words[1].partition('_')[2]}").write_text(shlex.join(words))


if __name__ == "__main__":
    {"sbatch": sbatch, "srun": srun, "sacct": sacct, "scontrol": scontrol}[Path(sys.argv[0]).name](
        sys.argv[1:]
    )
