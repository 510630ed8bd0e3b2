"""A Ray cluster on this machine, in a process of its own.

As a program it starts a head and another node, adds one more for each line that it reads, says of
each as a line of JSON, and ends them with its standard input. `two_nodes` is that for a test.
"""

import importlib
import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

IS_MISSING = importlib.util.find_spec("ray") is None
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "disabled",  # else it writes a token into the home folder
    "OMP_NUM_THREADS": "1",
}
_NODE = {"num_cpus": 1, "object_store_memory": 80_000_000}


class Nodes:
    """A head, which a command joins at ``address``, and ``other``, the process of another node."""

    def __init__(self, child: subprocess.Popen, log: Path) -> None:
        self._child, self._log = child, log
        self.address = ""
        self.other = 0
        self._hear()

    @property
    def has_worked(self) -> bool:
        """Whether a process of the other node is at work."""
        children = Path(f"/proc/{self.other}/task/{self.other}/children").read_text().split()
        names = (Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children)
        return any(b"_carry_out" in name for name in names)

    @property
    def processes(self) -> list[int]:
        """All processes of the cluster."""
        every = (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())
        return [pid for pid in every if _session_of(pid) == self._child.pid]

    def kill_the_other(self) -> None:
        """Have the other machine die: its processes find out and end by themselves."""
        os.kill(self.other, signal.SIGKILL)

    def add_another(self) -> None:
        """Have a new machine join in its place."""
        self._child.stdin.write(b"\n")
        self._child.stdin.flush()
        self._hear()

    def end(self) -> None:
        """End all of it."""
        self._child.stdin.close()
        self._child.wait()
        self._child.stdout.close()
        for _ in range(100):
            if not self.processes:
                return
            time.sleep(0.1)
        for pid in self.processes:
            os.kill(pid, signal.SIGKILL)

    def _hear(self) -> None:
        for line in self._child.stdout:
            if line.startswith(b"{"):
                told = json.loads(line)
                self.address, self.other = told["address"], told["other"]
                return
        raise RuntimeError(self._log.read_text())


@contextmanager
def two_nodes(folder: Path) -> Iterator[Nodes]:
    """Two nodes of one core each, whose log lies in a folder; nothing of them is left."""
    log = folder / "nodes.log"
    with log.open("wb") as errors:
        child = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, **QUIET},
            start_new_session=True,
        )
    nodes = Nodes(child, log)
    try:
        yield nodes
    finally:
        nodes.end()


def whisperwave(*words: object) -> subprocess.Popen:
    """The command, as a process of its own, which may join a cluster and leave it.

    It hears Ctrl-C, also where the tests were started in the background and do not.
    """
    return subprocess.Popen(
        [sys.executable, "-m", "whisperwave", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def told(child: subprocess.Popen) -> bytes:
    """What a command that ends well has said."""
    out, err = child.communicate()
    assert child.returncode == 0, err.decode()
    return out


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a folder."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def _session_of(pid: int) -> int:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return -1


def _serve() -> None:
    head = {**_NODE, "include_dashboard": False}
    # An extra, and slow to import: only the program needs it.
    made = importlib.import_module("ray.cluster_utils").Cluster
    cluster = made(initialize_head=True, head_node_args=head)
    _add(cluster)
    for _ in sys.stdin:
        _add(cluster)
    cluster.shutdown()


def _add(cluster: Any) -> None:
    (raylet,) = cluster.add_node(**_NODE).all_processes["raylet"]
    told = {"address": cluster.address, "other": raylet.process.pid}
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _serve()
