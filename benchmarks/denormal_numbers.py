"""What do weights and activations too small to be normal numbers cost the engine?

    python benchmarks/denormal_numbers.py [--preset calm] [--rounds 7] [--seconds 0.3]

The same network twice, in turn in one run: as it is, and with weights so small that they and all
that comes of them are denormal. On a processor that counts with those a step takes many times as
long; the engine takes them as 0, so the ratio should be about 1. The target is 1.2 at most. Rates
are the medians per second of processor time.
"""

import argparse
import json
from dataclasses import replace
from typing import Any

import records
from whisperwave import _engine
from whisperwave.benchmarks.measuring import machine
from whisperwave.benchmarks.measuring.rates import Rates
from whisperwave.benchmarks.wavenet_ways import Network, random_network
from whisperwave.benchmarks.wavenet_ways.engine import Engine
from whisperwave.benchmarks.wavenet_ways.presets import PRESETS, SMALLEST

TINY = 1e-40


def main() -> None:
    """Measure every instruction set and write the result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--preset", choices=PRESETS, default=SMALLEST)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.3, help="for each in each round")
    options = parser.parse_args()
    network = random_network(PRESETS[options.preset])
    rows = [
        measure(network, isa, options.rounds, options.seconds) for isa in _engine.instruction_sets()
    ]
    result = {"machine": machine.facts(), "preset": options.preset, "rows": rows}
    records.save("denormal_numbers", result)
    print(json.dumps(result, indent=2))


def measure(network: Network, isa: str, rounds: int, seconds: float) -> dict[str, Any]:
    """Samples a second of both, on one instruction set."""
    weights = {name: array * array.dtype.type(TINY) for name, array in network.weights.items()}
    both = [
        Rates(Engine(each, isa).generate) for each in (network, replace(network, weights=weights))
    ]
    for rates in both:
        rates.warm_up(seconds)
    for _ in range(rounds):
        for rates in both:
            rates.run(seconds)
    normal, tiny = both
    return {
        "isa": isa,
        "normal_samples_per_second": round(normal.per_processor_second),
        "denormal_samples_per_second": round(tiny.per_processor_second),
        "times_slower": round(normal.per_processor_second / tiny.per_processor_second, 3),
    }


if __name__ == "__main__":
    main()
