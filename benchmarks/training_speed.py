"""How many targets a second does a training step learn from, beside the first project's trainer?

    python benchmarks/training_speed.py [--preset asmr|calm] [--rounds 5] [--threads 2]

One step is forward, backward and Adam of one network on one machine, each way in turn in one run:
the first project's trainer as published (windows of 3085 samples, 16 targets each, skips over the
whole window), the same with its skips cut to the targets, and crops of thousands of targets with
`Conv1d(dilation=d)`, with our matrix product, and with that in bfloat16. A target is a sample that
is foretold and compared. Ratios are of the medians. Beside them stands how fast crops are cut out
of recordings by one process, which must be faster than any step.
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch

import records
from wavenet_training.folded import WINDOWS
from wavenet_training.steps import Way, ways
from whisperwave.benchmarks.measuring import machine
from whisperwave.models.wavenet import WaveNetConfig
from whisperwave.training.material.preparation import prepare
from whisperwave.training.settings.hydra_app import compose
from whisperwave.training.settings.run import RunSettings

PRESETS = {
    "asmr": WaveNetConfig(blocks=3, skip_channels=1024, end_channels=512, conditioning_channels=0),
    "calm": WaveNetConfig(conditioning_channels=0),
}


def main() -> None:
    """Measure every way and write the result."""
    options = arguments()
    torch.set_num_threads(options.threads)
    made = ways(PRESETS[options.preset], options.windows, options.crops, options.targets)
    result = {
        "machine": machine.facts(),
        "threads": options.threads,
        "preset": options.preset,
        "crops": options.crops,
        "targets_per_crop": options.targets,
        "windows": options.windows,
        **measure(made, options.rounds),
        "cutting_targets_per_second": cutting(options.preset),
    }
    if not options.trial:
        records.save("training_speed", result)
    print(json.dumps(result, indent=2))


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", choices=PRESETS, default="asmr")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--windows", type=int, default=WINDOWS, help="of the first project's batch")
    parser.add_argument("--crops", type=int, default=4)
    parser.add_argument("--targets", type=int, default=3072, help="of a crop")
    parser.add_argument("--trial", action="store_true", help="write no result")
    return parser.parse_args()


def measure(made: list[Way], rounds: int) -> dict[str, Any]:
    """Targets per second of every way, in turn, with the spread over the rounds."""
    rates: dict[str, list[float]] = {way.name: [] for way in made}
    for turn in range(rounds + 1):
        for way in made:
            started = time.perf_counter()
            way.step()
            if turn > 0:  # the first round warms up
                rates[way.name].append(way.targets / (time.perf_counter() - started))
    medians = {name: statistics.median(each) for name, each in rates.items()}
    published, cut, convolved, ours, half = medians.values()
    return {
        "rows": [
            {
                "way": name,
                "targets_per_second": _rounded(medians[name]),
                "least": _rounded(min(each)),
                "most": _rounded(max(each)),
            }
            for name, each in rates.items()
        ],
        "ours_to_published": _rounded(ours / published),
        "ours_to_published_with_skips_cut": _rounded(ours / cut),
        "ours_to_conv1d": _rounded(ours / convolved),
        "bfloat16_to_conv1d_float32": _rounded(half / convolved),
    }


def cutting(preset: str, crops: int = 200) -> int:
    """Targets a second that one process cuts out of a minute of recordings."""
    settings = RunSettings.from_mapping(compose([f"model=wavenet/{preset}"]))
    rate = settings.data.sample_rate
    with tempfile.TemporaryDirectory() as place:
        rng = np.random.default_rng(0)
        for take in range(6):
            audio = 0.1 * rng.standard_normal(10 * rate)
            soundfile.write(Path(place) / f"{take}.wav", audio, rate)
        _, prepared = prepare(Path(place), settings)
    cut = prepared.crops("train", range(crops + 1), 0)
    cut[crops]  # the first touch of everything
    started = time.perf_counter()
    for index in range(crops):
        cut[index]
    return round(crops * settings.data.crop / (time.perf_counter() - started))


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")


if __name__ == "__main__":
    main()
