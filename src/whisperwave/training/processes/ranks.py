"""Several processes that train one run, and everything that they say to each other.

Every one of them takes the same steps with the same weights; only the crops are shared out. What
one of them alone can know or decide (its clock, its disk, a signal) is told to all, so that all
decide alike. All that is said goes through here, in one order, for at most a bounded time.
"""

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from types import FrameType
from typing import Any, TypeVar, cast

import torch
from torch import Tensor, distributed

from whisperwave.errors import TrainingError
from whisperwave.training.processes.launched import Launched, check_alone, launched
from whisperwave.training.processes.shares import check_shared
from whisperwave.training.settings.run import RunSettings

_PATIENCE_MINUTES = 10.0  # for a process that says nothing, beside the wait for a full disk
_LOOPBACK = {"linux": "lo", "darwin": "lo0"}

Told = TypeVar("Told")


class Ranks:
    """This process among all that train the run; one alone talks to nobody.

    Args:
        launch: who it is, among how many.
    """

    def __init__(self, launch: Launched) -> None:
        self.launch = launch
        self.has_lost_another = False

    @property
    def count(self) -> int:
        """How many processes there are."""
        return self.launch.count

    @property
    def rank(self) -> int:
        """The number of this one."""
        return self.launch.rank

    @property
    def is_first(self) -> bool:
        """Whether this is the one that writes and speaks."""
        return self.rank == 0

    @property
    def is_alone(self) -> bool:
        """Whether it is the only one."""
        return self.count == 1

    def told(self, find_out: Callable[[], Told]) -> Told:
        """What the first process finds out; the others wait for its word."""
        if self.is_alone:
            return find_out()
        held = [find_out() if self.is_first else None]
        with self.talking():
            distributed.broadcast_object_list(held, src=0)
        return cast(Told, held[0])

    def any(self, here: bool) -> bool:
        """Whether it is so in any process."""
        return bool(self.sum(torch.tensor(float(here))) > 0)

    def sum(self, values: Tensor) -> Tensor:
        """The sum over all processes, in place, with the same bits in each."""
        if not self.is_alone:
            with self.talking():
                distributed.all_reduce(values)
        return values

    def average(self, tensors: Sequence[Tensor]) -> None:
        """Replace tensors by their means over all processes, by one sum of all their numbers.

        One sum, in one order, has the same bits in every step, also the first after a restart.
        """
        if self.is_alone or not tensors:
            return
        flat = self.sum(torch.cat([each.reshape(-1) for each in tensors])).div_(self.count)
        parts = flat.split([each.numel() for each in tensors])
        for each, part in zip(tensors, parts, strict=True):
            each.copy_(part.view_as(each))

    def check_agreed(self, facts: Mapping[str, Any]) -> None:
        """Refuse to go on where processes differ in what has to be the same for all.

        Args:
            facts: by name, JSON-ready.

        Raises:
            TrainingError: ``RANKS_DIFFER``, with the first of the differences.
        """
        if self.is_alone:
            return
        held: list[Any] = [None] * self.count
        with self.talking():
            distributed.all_gather_object(held, json.dumps(facts))
        first, *others = map(json.loads, held)
        for number, other in enumerate(others, 1):
            for name in first:
                if other[name] != first[name]:
                    raise TrainingError(
                        "RANKS_DIFFER",
                        f"{name} is {first[name]!r} in process 0, {other[name]!r} in process "
                        f"{number} of {self.count}.",
                        "All processes need the same command, sounds, torch and kind of processor "
                        "(ATEN_CPU_CAPABILITY=avx2 for all, where they differ in that).",
                    )

    @contextmanager
    def talking(self) -> Iterator[None]:
        """Say what went wrong where another process does not answer.

        Raises:
            TrainingError: ``RANK_LOST``.
        """
        try:
            yield
        except RuntimeError as error:
            self.has_lost_another = True
            raise TrainingError(
                "RANK_LOST",
                f"Process {self.rank} of {self.count} has lost another: "
                f"{_first_sentence(str(error))}.",
                "What that one said last tells why. The same command goes on from the last "
                "checkpoint.",
            ) from error


ALONE = Ranks(Launched())


@contextmanager
def gathered(settings: RunSettings) -> Iterator[Ranks]:
    """Wait for all processes that torchrun has started, and let them talk to each other.

    Raises:
        ConfigError: ``BATCH_NOT_SHARED``; ``ONE_PROCESS``, for a self-test.
        TrainingError: ``RANK_LOST``, not all have come.
    """
    launch = launched()
    if launch.count == 1:
        yield ALONE
        return
    check_shared(settings.trainer.batch_size, launch.count)
    if settings.overfit:
        check_alone("overfit=true")
    ranks = Ranks(launch)
    connects = not distributed.is_initialized()
    if connects:
        _connect(ranks, settings.trainer.wait_minutes)
    _speak_last(ranks)
    yield ranks
    if connects:
        distributed.destroy_process_group()


def _connect(ranks: Ranks, wait_minutes: float) -> None:
    loopback = _LOOPBACK.get(sys.platform)
    if ranks.launch.is_on_one_machine and loopback:
        os.environ.setdefault("GLOO_SOCKET_IFNAME", loopback)  # else it listens to the network
    with ranks.talking():
        distributed.init_process_group(
            "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo",
            timeout=timedelta(minutes=wait_minutes + _PATIENCE_MINUTES),
        )


def _speak_last(ranks: Ranks) -> None:
    """Let a process that has lost another say so: torchrun ends it by SIGTERM in that moment."""

    def end(number: int, _frame: FrameType | None) -> None:
        if not ranks.has_lost_another:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, end)


def _first_sentence(text: str) -> str:
    """What torch says first, without the place in its sources."""
    lines = text.rpartition("] ")[2].splitlines()
    return lines[0].split(". ")[0].rstrip(".") if lines else "no reason given"
