"""How fast is an autoregressive WaveNet on this machine, and how near is that to what it can do?

    python benchmarks/generation_speed.py [--preset asmr] [--rounds 9] [--seconds 0.5] [--json]

One run, one thread, float32, the same random weights for every way; the ways take turns, so that a
busy moment of the machine falls on all of them. Before it is timed, a way must give the oracle's
logits. Read the table so: `samples/s` is the median (min to max) over the rounds; `per CPU s` is
the median per second of processor time, which a busy machine disturbs less; `x real time` is at
16 kHz; `of read limit` compares `per CPU s` with merely reading that many bytes of weights from
wherever in the caches or the memory they fit, measured in the same rounds: no way that reads its
weights once a sample can pass 100 %, but for noise.
"""

import argparse
import importlib
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported

import numpy as np

from wavenet_ways import Network, random_network
from wavenet_ways.engine import Engine
from whisperwave import _engine

RESULTS = Path(__file__).parent / "results" / "generation_speed.json"
SAMPLE_RATE = 16_000
MOST_ERROR = 1e-4  # of a way's logits, relative to their norm
STEPS_CHECKED = 100


def shape(blocks: int, skip: int, end: int, style: int, layers: int = 10) -> dict[str, int]:
    """The sizes of a preset; what all of them share is written once.

    Their first layers have one tap here: another is a row of 32 numbers, of a million and more.
    """
    return {
        "layers_per_block": layers,
        "blocks": blocks,
        "kernel_size": 2,
        "residual_channels": 32,
        "dilation_channels": 32,
        "skip_channels": skip,
        "end_channels": end,
        "classes": 256,
        "conditioning_channels": style,
        "control_channels": 0,
        "hop_length": 160,
    }


PRESETS = {
    "asmr": shape(blocks=3, skip=1024, end=512, style=32),  # the first project's network
    "calm": shape(blocks=2, skip=96, end=128, style=32),  # the shipped model
    "genre": shape(blocks=5, skip=512, end=512, style=32),  # ibab's shape, conditioned by genre
    "study": shape(blocks=4, layers=12, skip=256, end=256, style=0),  # the longest memory
    "l20": shape(blocks=2, skip=128, end=256, style=0),  # Deep Voice's smallest, 2017
}


class Way(Protocol):
    """One way to generate."""

    name: str
    needs_whole_window: bool  # it cannot say what follows fewer samples

    def generate(self, samples: int) -> None:
        """Generate and throw away."""

    def logits_after(self, classes: list[int]) -> Any:
        """The prediction after ``classes``."""


def ways(network: Network) -> list[Way]:
    """All ways that can run here; without torch, the engine alone."""
    engines: list[Way] = [Engine(network, isa) for isa in _engine.instruction_sets()]
    try:
        torch = importlib.import_module("torch")
    except ModuleNotFoundError:
        print("PyTorch is not installed: only the engine is measured.", file=sys.stderr)
        return engines
    torch.set_num_threads(1)
    modules = importlib.import_module("wavenet_ways.modules")
    matrices = importlib.import_module("wavenet_ways.matrices")
    kinds = (modules.FullWindow, modules.ModuleStep, matrices.MatrixStep)
    return [kind(network) for kind in kinds] + engines


def check(all_ways: list[Way], network: Network) -> None:
    """Stop unless every way predicts what the scalar engine, the oracle here, predicts."""
    generator = np.random.default_rng(1)
    classes = generator.integers(0, network.config["classes"], network.receptive_field).tolist()
    oracle = Engine(network, "scalar")
    for way in all_ways:
        asked = classes if way.needs_whole_window else classes[:STEPS_CHECKED]
        expected, answer = oracle.logits_after(asked), np.asarray(way.logits_after(asked))
        error = float(np.linalg.norm(answer - expected) / np.linalg.norm(expected))
        if not error < MOST_ERROR:
            sys.exit(f"{way.name} is wrong: its logits differ by {error:.2g} of their norm.")


class Rates:
    """What one way reached, round after round."""

    def __init__(self, way: Way) -> None:
        self.way = way
        self.by_clock: list[float] = []
        self.by_processor: list[float] = []
        self._samples = 4

    def run(self, seconds: float) -> None:
        """Generate for about ``seconds``, as the round before lets one expect."""
        clock, processor = time.perf_counter(), time.thread_time()
        self.way.generate(self._samples)
        clock, processor = time.perf_counter() - clock, time.thread_time() - processor
        self.by_clock.append(self._samples / clock)
        self.by_processor.append(self._samples / processor)
        self._samples = max(1, round(self._samples * seconds / processor))

    def forget(self) -> None:
        """Drop what was measured while warming up."""
        self.by_clock.clear()
        self.by_processor.clear()


def measure(preset: str, rounds: int, seconds: float) -> list[dict[str, Any]]:
    """One row for each way."""
    network = random_network(PRESETS[preset])
    all_ways = ways(network)
    check(all_ways, network)
    facts = Engine(network, "auto").network
    contenders = [Rates(way) for way in all_ways]
    for contender in contenders:
        contender.run(seconds)
        contender.forget()
    reads: list[float] = []
    for _ in range(rounds):
        for contender in contenders:
            contender.run(seconds)
        reads.append(_engine.measure_memory_read("auto", facts.bytes_per_sample, seconds))
    limit = statistics.median(reads) / facts.bytes_per_sample
    return [row(preset, contender, facts, limit) for contender in contenders]


def row(preset: str, rates: Rates, facts: Any, limit: float) -> dict[str, Any]:
    """One line of the table, as numbers."""
    median = statistics.median(rates.by_clock)
    undisturbed = statistics.median(rates.by_processor)
    return {
        "preset": preset,
        "way": rates.way.name,
        "precision": "float32",
        "threads": 1,
        "streams": 1,
        "samples_per_second": round(median, 1),
        "samples_per_second_min": round(min(rates.by_clock), 1),
        "samples_per_second_max": round(max(rates.by_clock), 1),
        "samples_per_processor_second": round(undisturbed, 1),
        "times_real_time_16khz": round(median / SAMPLE_RATE, 4),
        "gmac_per_second": round(median * facts.multiply_adds / 1e9, 3),
        "multiply_adds": facts.multiply_adds,
        "weight_bytes": facts.bytes_per_sample,
        "read_limit_samples_per_second": round(limit, 1),
        "share_of_read_limit": round(undisturbed / limit, 4),
    }


def table(rows: list[Mapping[str, Any]]) -> str:
    """The rows for a reader."""
    lines = [
        f"{'preset':7} {'way':32} {'samples/s (min to max)':>30} {'per CPU s':>10} "
        f"{'x real time':>12} {'GMAC/s':>8} {'of read limit':>14}"
    ]
    for r in rows:
        spread = f"({r['samples_per_second_min']:,.0f} to {r['samples_per_second_max']:,.0f})"
        lines.append(
            f"{r['preset']:7} {r['way']:32} {r['samples_per_second']:>10,.0f} {spread:>19} "
            f"{r['samples_per_processor_second']:>10,.0f} {r['times_real_time_16khz']:>12.3f} "
            f"{r['gmac_per_second']:>8.2f} {r['share_of_read_limit']:>13.0%}"
        )
    return "\n".join(lines)


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    info = Path("/proc/cpuinfo")
    models = [
        line.split(":")[1].strip()
        for line in (info.read_text().splitlines() if info.exists() else [])
        if line.startswith("model name")
    ]
    return {
        "processor": models[0] if models else platform.processor(),
        "cores": os.cpu_count(),
        "instruction_sets": _engine.instruction_sets(),
        "load_average": round(os.getloadavg()[0], 2),
        "system": platform.system(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": getattr(sys.modules.get("torch"), "__version__", None),
        "date": datetime.now(UTC).date().isoformat(),
    }


def main() -> None:
    """Measure, print, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--preset", choices=PRESETS, nargs="*", default=list(PRESETS))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=0.5, help="for each way in each round")
    parser.add_argument("--json", action="store_true", help="end with one JSON object")
    chosen = parser.parse_args()
    before = os.getloadavg()[0]
    rows = [r for p in chosen.preset for r in measure(p, chosen.rounds, chosen.seconds)]
    result = {"machine": machine() | {"load_average_before": round(before, 2)}, "rows": rows}
    print(table(rows), file=sys.stderr if chosen.json else sys.stdout)
    if chosen.json:
        print(json.dumps(result))
    if set(chosen.preset) == set(PRESETS):  # a part of the question does not answer the whole
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
