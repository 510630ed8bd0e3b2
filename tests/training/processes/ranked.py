"""What each of two processes does that torchrun starts for `test_ranks`: several runs on end.

A run is spoiled in the second process alone, to see that both go back; after it, runs are cut and
gone on with. The words are the folder of the sounds, and those of the runs.
"""

import sys
from pathlib import Path

import torch
from tiny_runs import cut
from torch import distributed

from whisperwave.training import run
from whisperwave.training.learning.autoregressive import NextSample

SPOILT_STEP = 5
CUT_STEP = 4


def main(folder: Path, words: list[str]) -> None:
    """Train ``spoilt``, go on with a copy of it, and with one that another process began."""
    distributed.init_process_group("gloo")
    runs = folder.parent / "runs"
    spoil()
    train(folder, words, "spoilt")
    if distributed.get_rank() == 0:
        cut(runs / "spoilt", CUT_STEP, "cut")
    train(folder, [*words, "trainer.workers=1"], "cut")
    train(folder, words, "one-then-two")
    distributed.destroy_process_group()


def train(folder: Path, words: list[str], name: str) -> None:
    """One run; what it says is written by whoever hears it."""
    rank = distributed.get_rank()
    with (folder.parent / f"said-{name}-{rank}").open("w") as said:
        run(folder, [*words, f"name={name}"], lambda event: print(event, file=said))


def spoil() -> None:
    """Let the loss of the second process be no number, once."""
    true = NextSample.training_step
    left = [SPOILT_STEP] if distributed.get_rank() == 1 else []

    def spoilt(self: NextSample, batch: dict[str, torch.Tensor], index: int) -> torch.Tensor:
        loss = true(self, batch, index)
        return loss * float("nan") if left and self.step == left[0] and left.pop() else loss

    NextSample.training_step = spoilt


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
