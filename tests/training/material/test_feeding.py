"""The batches are the same whatever becomes of the processes that make them."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import Dataset

from whisperwave.errors import TrainingError
from whisperwave.training.material.feeding import Feed


class Numbers(Dataset[dict[str, np.ndarray]]):
    """Item ``i`` is ``i``; the first process to reach the one of ``trap`` falls into it."""

    def __init__(self, count: int, flag: Path, trap: str = "", at: int = 7, times: int = 1) -> None:
        self.count, self.flag, self.trap, self.at, self.times = count, flag, trap, at, times

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> dict[str, np.ndarray]:
        fallen = len(list(self.flag.iterdir()))
        if index == self.at and self.trap and fallen < self.times:
            (self.flag / str(fallen)).touch()
            if self.trap == "hang":
                time.sleep(60.0)
            os.kill(os.getpid(), signal.SIGKILL)
        return {"x": np.array([index])}


def served(feed: Feed) -> Iterator[list[int]]:
    for batch in feed:
        yield batch["x"].flatten().tolist()


WHOLE = [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9]]


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_batches_come_in_order_with_any_number_of_workers(tmp_path: Path, workers: int) -> None:
    feed = Feed(Numbers(10, tmp_path), 3, workers, lambda _: None)
    assert len(feed) == 4
    assert list(served(feed)) == WHOLE


@pytest.mark.parametrize("trap", ["die", "hang"])
def test_c19_a_lost_worker_is_replaced_and_no_batch_is_missed(tmp_path: Path, trap: str) -> None:
    told: list[dict[str, Any]] = []
    feed = Feed(Numbers(10, tmp_path, trap), 3, 2, told.append, timeout_seconds=2.0)
    assert list(served(feed)) == WHOLE
    assert [event["event"] for event in told] == ["worker_lost"]


def test_c19_workers_that_are_always_lost_end_the_run_with_a_remedy(tmp_path: Path) -> None:
    feed = Feed(
        Numbers(10, tmp_path, "die", times=99), 3, 1, lambda _: None, timeout_seconds=2.0
    )  # fmt: skip
    with pytest.raises(TrainingError, match=r"WORKERS_LOST.*trainer.workers=0"):
        list(served(feed))


def test_c19_a_connection_that_breaks_without_a_word_is_a_lost_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it does where one dies while it hands a batch over."""
    told: list[dict[str, Any]] = []

    def broken(_feed: Feed, _served: int) -> Iterator[Any]:
        raise EOFError

    monkeypatch.setattr(Feed, "_batches", broken)
    with pytest.raises(TrainingError, match=r"WORKERS_LOST.*lost: EOFError"):
        list(Feed(Numbers(10, tmp_path), 3, 1, told.append))
    assert [event["reason"] for event in told] == ["EOFError"] * 3


def test_an_error_in_a_sound_is_not_taken_for_a_lost_worker(tmp_path: Path) -> None:
    class Broken(Numbers):
        def __getitem__(self, index: int) -> dict[str, np.ndarray]:
            raise RuntimeError("the sound is broken")

    with pytest.raises(RuntimeError, match="the sound is broken"):
        list(served(Feed(Broken(10, tmp_path), 3, 0, lambda _: None)))


def test_feeding_draws_nothing_from_the_run_s_own_chance(tmp_path: Path) -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    list(served(Feed(Numbers(10, tmp_path), 3, 1, lambda _: None)))
    assert torch.equal(before, torch.get_rng_state())
