"""Processes do the work in the order of the items, and their deaths are told."""

import os
import signal
from itertools import count, islice

import pytest

from whisperwave.errors import AudioError, WorkerError
from whisperwave.workers import Needs, Processes


def doubled(number: int) -> list[int]:
    """Nothing for 3, and else the number twice."""
    return [] if number == 3 else [number, number]


def dying(number: int) -> list[int]:
    if number == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return [number]


def refusing(number: int) -> list[int]:
    raise AudioError("NO", f"{number} is refused.")


def do(workers, work, items, folder, batch=2):
    return workers.do(work, items, folder, lambda _: Needs(), batch)


@pytest.mark.parametrize("processes", [0, 2])
def test_results_come_in_the_order_of_the_items(processes, tmp_path):
    found = list(do(Processes(processes), doubled, range(6), tmp_path))
    assert found == [0, 0, 1, 1, 2, 2, 4, 4, 5, 5]


@pytest.mark.parametrize("processes", [0, 2])
def test_an_endless_source_does_no_harm(processes, tmp_path):
    found = do(Processes(processes), doubled, count(4), tmp_path)
    assert list(islice(found, 3)) == [4, 4, 5]
    found.close()


@pytest.mark.parametrize("processes", [0, 1])
def test_what_the_work_raises_is_raised_here(processes, tmp_path):
    with pytest.raises(AudioError, match="0 is refused"):
        list(do(Processes(processes), refusing, range(6), tmp_path))


def test_a_process_that_is_ended_from_outside_is_told(tmp_path):
    with pytest.raises(WorkerError, match="WORKER_DIED"):
        list(do(Processes(1), dying, range(9), tmp_path))
