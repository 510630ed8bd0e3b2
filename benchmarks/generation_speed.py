"""How fast is an autoregressive WaveNet on this machine, and how near is that to what it can do?

    python benchmarks/generation_speed.py [--preset asmr] [--rounds 7] [--seconds 0.3] [--json]
        [--busy 2]

One run, the same random weights for every way; the ways take turns, so that a busy moment of the
machine falls on all of them. Before it is timed, a way must give the oracle's logits. With `--busy`
the engine's numbers of threads and streams take turns once more beside so many processes that never
rest. What the columns mean is in `docs/reference/generation-speed.md`.
"""

import argparse
import json
import os
import sys
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"  # read when torch is imported: only the engine's ways have more

from measuring import machine, records, tables
from measuring.limits import Limits
from measuring.load import busy
from measuring.rates import Rates
from wavenet_ways import Network, catalogue, random_network, rows
from wavenet_ways.exam import Exam
from wavenet_ways.presets import PRESETS
from wavenet_ways.way import Way

LIMIT_SHARE = 0.3  # of a way's seconds in a round, for each limit


def measure(preset: str, options: argparse.Namespace) -> list[dict[str, Any]]:
    """One row for each way, then one for each under load."""
    network = random_network(PRESETS[preset])
    found = quiet(preset, network, options)
    if options.busy:
        found += loaded(preset, network, options)
    return found


def quiet(preset: str, network: Network, options: argparse.Namespace) -> list[dict[str, Any]]:
    """All ways, and the limits of the machine, in turn."""
    ways, exam = catalogue.ways(network), Exam(network)
    costs = [exam.sit(way) for way in ways]
    rates = warmed(ways, options.seconds)
    with Limits(rows.question(network, way) for way in ways) as limits:
        for _ in range(options.rounds):
            take_turns(rates, options.seconds)
            limits.run(LIMIT_SHARE * options.seconds)
    return [
        rows.speed(preset, network, way, rate, busy=0)
        | rows.shares(network, way, rate, limits)
        | {"bits_per_sample_cost": round(cost, 6)}
        for way, rate, cost in zip(ways, rates, costs, strict=True)
    ]


def loaded(preset: str, network: Network, options: argparse.Namespace) -> list[dict[str, Any]]:
    """The ways whose threads wait for each other, while other processes want the cores."""
    ways = catalogue.ways_under_load(network)
    with busy(options.busy):
        rates = warmed(ways, options.seconds)
        for _ in range(options.rounds):
            take_turns(rates, options.seconds)
    return [
        rows.speed(preset, network, way, rate, options.busy)
        for way, rate in zip(ways, rates, strict=True)
    ]


def warmed(ways: list[Way], seconds: float) -> list[Rates]:
    """Each way's rates, none counted yet."""
    rates = [Rates(way.generate, way.streams) for way in ways]
    for rate in rates:
        rate.warm_up(seconds)
    return rates


def take_turns(rates: list[Rates], seconds: float) -> None:
    """One round."""
    for rate in rates:
        rate.run(seconds)


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--preset", choices=PRESETS, nargs="*", default=list(PRESETS))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.3, help="for each way in each round")
    parser.add_argument("--busy", type=int, default=0, help="so many processes in a second part")
    parser.add_argument("--json", action="store_true", help="end with one JSON object")
    return parser.parse_args()


def main() -> None:
    """Measure, print, and write the results."""
    options = arguments()
    catalogue.tell_missing()
    before = machine.load_average()
    measured = [row for preset in options.preset for row in measure(preset, options)]
    result = {"machine": machine.facts() | {"load_average_before": before}, "rows": measured}
    print(table(measured), file=sys.stderr if options.json else sys.stdout)
    if options.json:
        print(json.dumps(result))
    if options.busy and set(options.preset) == set(PRESETS):
        records.save("generation_speed", result)  # a part of the question is not the whole


def table(measured: list[dict[str, Any]]) -> str:
    """The rows for a reader at a terminal."""
    preset = tables.text("preset", "preset")
    parts = [
        tables.aligned([preset, *rows.COLUMNS], [row for row in measured if not row["busy"]]),
        tables.aligned(rows.UNDER_LOAD, [row for row in measured if row["busy"]]),
    ]
    return "\n\n".join(parts if any(row["busy"] for row in measured) else parts[:1])


if __name__ == "__main__":
    main()
