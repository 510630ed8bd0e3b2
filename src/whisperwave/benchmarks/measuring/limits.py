"""What this machine can do at most: read the weights, and multiply and add."""

import statistics
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from typing import NamedTuple

from whisperwave import _engine


class Question(NamedTuple):
    """Which limit: of so many threads, each with its share of so many bytes of weights."""

    precision: str
    weight_bytes: int
    threads: int


class Limits(ExitStack):
    """The limits that some questions ask for, measured round after round; a context.

    Each thread is measured in a process of its own, for the measurement counts the time of its
    whole process.
    """

    def __init__(self, questions: Iterable[Question]) -> None:
        super().__init__()
        self._reads: dict[Question, list[float]] = {each: [] for each in questions}
        self._sums: dict[Question, list[float]] = {each: [] for each in self._reads}
        most = max(each.threads for each in self._reads)
        pool = ProcessPoolExecutor(most, mp_context=get_context("spawn"))
        self._pool = self.enter_context(pool)

    def run(self, seconds: float) -> None:
        """One round; ``seconds`` for each measurement."""
        for question, reads in self._reads.items():
            part = question.weight_bytes // question.threads
            reads.append(self._together(question, read_rate, part, seconds))
            if hasattr(_engine, "measure_arithmetic"):
                sums = self._sums[question]
                sums.append(self._together(question, add_rate, question.precision, seconds))

    def bytes_per_second(self, question: Question) -> float:
        """How fast the threads together read their shares of the weights."""
        return statistics.median(self._reads[question])

    def multiply_adds_per_second(self, question: Question) -> float | None:
        """How fast the threads together multiply and add; None if the engine cannot tell."""
        rates = self._sums[question]
        return statistics.median(rates) if rates else None

    def _together(self, question: Question, measure: Callable[..., float], *told: object) -> float:
        started = [self._pool.submit(measure, *told) for _ in range(question.threads)]
        return sum(each.result() for each in started)


def read_rate(weight_bytes: int, seconds: float) -> float:
    """Bytes per second that one thread reads of a block of this size."""
    return _engine.measure_memory_read("auto", weight_bytes, seconds)


def add_rate(precision: str, seconds: float) -> float:
    """Multiply-adds per second of one thread."""
    return _engine.measure_arithmetic("auto", precision, seconds)
