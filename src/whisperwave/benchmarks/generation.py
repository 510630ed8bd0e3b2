"""How fast is an autoregressive WaveNet on this machine, and how near is that to what it can do?

One run, the same random weights for every way; the ways take turns, so that a busy moment of the
machine falls on all of them. Before it is timed, a way must give the oracle's logits.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from whisperwave.benchmarks.measuring import machine, tables
from whisperwave.benchmarks.measuring.limits import Limits
from whisperwave.benchmarks.measuring.load import busy
from whisperwave.benchmarks.measuring.rates import Rates
from whisperwave.benchmarks.wavenet_ways import Network, catalogue, random_network, rows
from whisperwave.benchmarks.wavenet_ways.exam import Exam
from whisperwave.benchmarks.wavenet_ways.presets import PRESETS
from whisperwave.benchmarks.wavenet_ways.way import Way
from whisperwave.errors import ConfigError, check_within

LIMIT_SHARE = 0.3  # of a way's seconds in a round, for each limit
_MOST_ROUNDS, _MOST_SECONDS, _MOST_BUSY = 1000, 60.0, 1024

Step = Callable[[float, float], None]


@dataclass(frozen=True)
class GenerationSpeed:
    """What is asked: which shapes, how many rounds of how many seconds for each way.

    With ``busy`` the engine's numbers of threads and streams take turns once more, beside so many
    processes that never rest.

    Raises:
        ConfigError: ``UNKNOWN_PRESET``, ``OUT_OF_RANGE``.
    """

    presets: Sequence[str] = tuple(PRESETS)
    rounds: int = 7
    seconds: float = 0.3
    busy: int = 0

    def __post_init__(self) -> None:
        for preset in self.presets:
            if preset not in PRESETS:
                raise ConfigError(
                    "UNKNOWN_PRESET", f"there is no shape {preset!r}.", f"Use {', '.join(PRESETS)}."
                )
        check_within("rounds", self.rounds, 1, _MOST_ROUNDS, "rounds")
        check_within("seconds", self.seconds, 0.001, _MOST_SECONDS, "s")
        check_within("busy", self.busy, 0, _MOST_BUSY, "processes")


def measure_generation(asked: GenerationSpeed, progress: Step) -> dict[str, Any]:
    """Measure; ``progress`` hears how many of how many rounds are done.

    Returns:
        JSON-ready: ``machine``, and ``rows``, one for each shape and way and one for each under
        load, as `wavenet_ways.rows.speed` and `shares` describe them.

    Raises:
        EngineError: ``WRONG_WAY``, a way does not foretell what the oracle does.
    """
    os.environ["OMP_NUM_THREADS"] = "1"  # torch reads it when it is imported, which is later
    before = machine.load_average()
    turns = _Turns(asked, progress)
    measured = [row for preset in asked.presets for row in turns.measure(preset)]
    return {"machine": machine.facts() | {"load_average_before": before}, "rows": measured}


def table(measured: Sequence[dict[str, Any]]) -> str:
    """The rows for a reader at a terminal."""
    preset = tables.text("preset", "preset")
    parts = [
        tables.aligned([preset, *rows.COLUMNS], [row for row in measured if not row["busy"]]),
        tables.aligned(rows.UNDER_LOAD, [row for row in measured if row["busy"]]),
    ]
    return "\n\n".join(parts if any(row["busy"] for row in measured) else parts[:1])


class _Turns:
    """The ways of one shape after another, round by round."""

    def __init__(self, asked: GenerationSpeed, progress: Step) -> None:
        self._asked, self._progress = asked, progress
        self._done, parts = 0, 2 if asked.busy else 1
        self._total = asked.rounds * len(asked.presets) * parts

    def measure(self, preset: str) -> list[dict[str, Any]]:
        """One row for each way, then one for each under load."""
        network = random_network(PRESETS[preset])
        found = list(self._quiet(preset, network))
        if self._asked.busy:
            found += self._loaded(preset, network)
        return found

    def _quiet(self, preset: str, network: Network) -> Iterator[dict[str, Any]]:
        """All ways, and the limits of the machine, in turn."""
        ways, exam = catalogue.ways(network), Exam(network)
        costs = [exam.sit(way) for way in ways]
        rates = self._warmed(ways)
        with Limits(rows.question(network, way) for way in ways) as limits:
            for _ in range(self._asked.rounds):
                self._round(rates)
                limits.run(LIMIT_SHARE * self._asked.seconds)
        for way, rate, cost in zip(ways, rates, costs, strict=True):
            yield (
                rows.speed(preset, network, way, rate, busy=0)
                | rows.shares(network, way, rate, limits)
                | {"bits_per_sample_cost": round(cost, 6)}
            )

    def _loaded(self, preset: str, network: Network) -> list[dict[str, Any]]:
        """The ways whose threads wait for each other, while others want the cores."""
        ways = catalogue.ways_under_load(network)
        with busy(self._asked.busy):
            rates = self._warmed(ways)
            for _ in range(self._asked.rounds):
                self._round(rates)
        return [
            rows.speed(preset, network, way, rate, self._asked.busy)
            for way, rate in zip(ways, rates, strict=True)
        ]

    def _warmed(self, ways: Sequence[Way]) -> list[Rates]:
        """Each way's rates, none counted yet."""
        rates = [Rates(way.generate, way.streams) for way in ways]
        for rate in rates:
            rate.warm_up(self._asked.seconds)
        return rates

    def _round(self, rates: Sequence[Rates]) -> None:
        for rate in rates:
            rate.run(self._asked.seconds)
        self._done += 1
        self._progress(self._done, self._total)
