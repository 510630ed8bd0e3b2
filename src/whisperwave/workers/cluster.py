"""The machines of a Ray cluster, by its own client.

An item whose machine dies is worked on by another. Nothing is told to Ray's makers.
"""

import importlib
import importlib.util
import logging
import os
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from whisperwave.errors import ConfigError, WhisperwaveError, WorkerError
from whisperwave.workers.door import Item, Needs, Result, Work
from whisperwave.workers.order import Order, results_of, witness
from whisperwave.workers.processes import THREADS

AUTO = "auto"

_SILENCED = {"RAY_USAGE_STATS_ENABLED": "0"}
_SETTINGS = {  # read when it is imported
    "RAY_NUM_REDIS_GET_RETRIES": "1",  # a cluster that does not answer is not asked for long
    "RAY_DEDUP_LOGS_SKIP_REGEX": "^",  # what it says of nodes that die would go among our results
}
_AHEAD = 8  # batches a core that are asked for before the first is answered
_DEATHS = 4  # of machines or processes that one batch survives
_GRACE_SECONDS = 60.0  # for what is asked to stop, as a run that keeps a checkpoint
_ADDRESS = re.compile(r"[\w.\-]+:\d{1,5}|\[[0-9a-fA-F:]+\]:\d{1,5}")


@dataclass(frozen=True)
class Cluster:
    """A Ray cluster that this machine is a node of.

    Args:
        address: of its head, ``HOST:PORT``; ``auto`` is the one that this machine belongs to.

    Raises:
        ConfigError: ``BAD_CLUSTER``, that is no address.
    """

    address: str = AUTO

    def __post_init__(self) -> None:
        if self.address != AUTO and not _ADDRESS.fullmatch(self.address):
            raise ConfigError(
                "BAD_CLUSTER", f"{self.address!r} is not the address of a cluster.",
                "Write auto, or HOST:PORT as `ray start --head` says it.",
            )  # fmt: skip

    def threads(self, asked: int | None) -> int | None:
        """One, where nobody has asked for more."""
        return asked or 1

    def do(
        self,
        work: Work[Item, Result],
        items: Iterable[Item],
        folder: Path,
        needs: Callable[[Item], Needs],
        batch: int = 1,
    ) -> Iterator[Result]:
        """What comes of each item, in their order.

        Raises:
            WorkerError: ``NO_RAY``, ``NO_CLUSTER``, ``NOT_SHARED``, ``OTHER_VERSION``,
                ``TOO_FEW_CORES``, ``WORK_FAILED``; ``WORKER_DIED``, again and again.
        """
        source = iter(items)
        with _joined(self.address) as crew, witness(folder) as seen:
            order = crew.keep(Order(work, seen))
            waiting: deque[tuple[Any, list[Item]]] = deque()
            try:
                while some := list(islice(source, batch)):
                    waiting.append((crew.hand_out(order, [(i, needs(i)) for i in some]), some))
                    if len(waiting) >= crew.most:
                        yield from crew.results(*waiting[0], work)
                        waiting.popleft()
                while waiting:
                    yield from crew.results(*waiting[0], work)
                    waiting.popleft()  # not before: what is waited for may have to be recalled
            finally:
                crew.recall([reference for reference, _ in waiting])


class _Crew:
    """All machines of a cluster that has been joined."""

    def __init__(self, ray: Any) -> None:
        self._ray = ray
        alive = [each["Resources"] for each in ray.nodes() if each["Alive"]]
        self._largest = max((int(each.get("CPU", 0)) for each in alive), default=0)
        self._has_gpus = any(each.get("GPU", 0) for each in alive)
        self.most = _AHEAD * max(1, sum(int(each.get("CPU", 0)) for each in alive))
        """Batches that may be under way."""
        self._carry_out = ray.remote(_carry_out)

    def keep(self, order: Order[Item, Result]) -> Any:
        """Keep what all need to have; a reference to it."""
        return self._ray.put(order)

    def hand_out(self, order: Any, batch: Sequence[tuple[Item, Needs]]) -> Any:
        """Have a batch worked on; a reference to the answers.

        Raises:
            WorkerError: ``TOO_FEW_CORES``.
        """
        cores = max(each.cores for _, each in batch)
        if cores > self._largest:
            raise WorkerError(
                "TOO_FEW_CORES",
                f"{cores} cores are asked for; the largest node has {self._largest}.",
                "Ask for fewer threads.",
            )
        gpu = self._has_gpus and any(each.gpu for _, each in batch)
        remote = self._carry_out.options(
            num_cpus=cores,
            num_gpus=int(gpu),
            max_retries=_DEATHS,
            runtime_env={"env_vars": _SILENCED | dict.fromkeys(THREADS, str(cores))},
        )
        return remote.remote(order, [(item, each.reads) for item, each in batch])

    def results(
        self, reference: Any, batch: Sequence[Item], work: Work[Item, Result]
    ) -> Iterator[Result]:
        """Wait for what comes of a batch.

        Raises:
            WorkerError: ``WORKER_DIED``, ``WORK_FAILED``, or one of `Order`'s.
            WhisperwaveError: raised by the work.
        """
        faults = self._ray.exceptions
        try:
            answers = self._ray.get(reference)
        except faults.RayTaskError as error:
            if isinstance(error.cause, WhisperwaveError):
                raise error.cause from None
            raise _failed(error.cause) from error
        except faults.RayError as error:
            raise WorkerError(
                "WORKER_DIED", f"Those at work died, again and again: {_first_line(error)}",
                "They may have wanted more memory than there is. Run the same command again to go "
                "on.",
            ) from error  # fmt: skip
        yield from results_of(answers, batch, work)

    def recall(self, references: Sequence[Any]) -> None:
        """Have what is under way stop, and wait until it has."""
        for each in references:
            self._ray.cancel(each)
        if references:
            self._ray.wait(list(references), num_returns=len(references), timeout=_GRACE_SECONDS)


def _carry_out(order: Order[Item, Result], batch: Any) -> Any:
    return order.carry_out(batch)


@contextmanager
def _joined(address: str) -> Iterator[_Crew]:
    """Be one of a cluster for a while.

    Raises:
        WorkerError: ``NO_RAY`` or ``NO_CLUSTER``.
    """
    ray = _ray()
    try:
        ray.init(address, log_to_driver=False, logging_level=logging.ERROR)
    except Exception as error:  # it raises many kinds, none of its own
        raise WorkerError(
            "NO_CLUSTER", f"There is no cluster to join at {address!r}: {_first_line(error)}",
            "Start one with `ray start`; this machine must be a node of it.",
        ) from error  # fmt: skip
    try:
        yield _Crew(ray)
    finally:
        ray.shutdown()


def _ray() -> Any:
    """The client, silenced before it is imported.

    Raises:
        WorkerError: ``NO_RAY``.
    """
    if importlib.util.find_spec("ray") is None:
        raise WorkerError(
            "NO_RAY", "a cluster needs ray, not installed here.",
            'Run, in the folder of the sources: pip install ".[cluster]"',
        )  # fmt: skip
    os.environ.update(_SILENCED | _SETTINGS)
    return importlib.import_module("ray")


def _failed(error: BaseException) -> WorkerError:
    return WorkerError(
        "WORK_FAILED", f"A node could not do its work: {type(error).__name__}: {error}",
        "Every node needs whisperwave with the same extras as here.",
    )  # fmt: skip


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
