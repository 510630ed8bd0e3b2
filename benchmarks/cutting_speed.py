"""How many targets a second are cut out of recordings, with and without augmentation?

    python benchmarks/cutting_speed.py [--crops 400] [--trial]

Crops for the network of the shipped shape, which is told an outline and a style and learns
excitations, are cut out of two minutes of recordings, by the trainer's own feed: in the process
that trains (0 workers), and by 1 and 2 ahead of it. Beside them stands what training takes: a
step of the same network in the same run. Loading is no bottleneck where it cuts more than that. On
a busy machine the processor time of a target, which other work does not lengthen much, says more:
`share_of_training` is that of cutting it against that of learning from it.
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
from whisperwave.benchmarks.measuring import machine
from whisperwave.training.material.feeding import Batch, Feed
from whisperwave.training.material.preparation import Prepared, build_network
from whisperwave.training.settings.hydra_app import compose
from whisperwave.training.settings.run import RunSettings
from whisperwave.training.tasks import next_sample

GROUPS = ("none", "gentle", "few_sounds", "spectral_recovery")
WORKERS = (0, 1, 2)


def main() -> None:
    """Measure every group with every number of workers, and write the result."""
    options = arguments()
    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as place:
        made = {group: ready(recordings(Path(place)), group) for group in GROUPS}
    learning = trained(made["none"])
    result = {
        "machine": machine.facts(),
        "threads": options.threads,
        "crops": options.crops,
        "rows": [
            {"augmentation": group, "workers": workers, **cutting(made[group], workers, options)}
            for group in GROUPS
            for workers in WORKERS
        ],
        "training": learning,
        "share_of_training": {
            group: float(f"{processor(made[group], options) / learning['microseconds']:.3g}")
            for group in GROUPS
        },
    }
    if not options.trial:
        records.save("cutting_speed", result)
    print(json.dumps(result, indent=2))


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--crops", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--trial", action="store_true", help="write no result")
    return parser.parse_args()


def recordings(place: Path) -> Path:
    """Twelve takes of ten seconds: noise whose level comes and goes."""
    rng = np.random.default_rng(0)
    for take in range(12):
        swell = 0.1 + 0.05 * np.sin(np.arange(160_000) / 4_000.0)
        soundfile.write(place / f"{take}.wav", swell * rng.standard_normal(160_000), 16_000)
    return place


def ready(folder: Path, group: str) -> Prepared:
    """What a run with an augmentation hears."""
    settings = RunSettings.from_mapping(compose([f"augmentation={group}"]))
    return next_sample.prepare(folder, settings)[1]


def cutting(prepared: Prepared, workers: int, options: argparse.Namespace) -> dict[str, Any]:
    """Targets a second that arrive, the start of the workers left out."""
    rates = []
    size = prepared.settings.trainer.batch_size
    for turn in range(options.rounds):
        first = turn * options.crops
        indices = range(first, first + options.crops + 4 * size)
        batches = iter(Feed(prepared.crops("train", indices, 0), size, workers, lambda _: None))
        for _ in range(4):  # with these, workers have got going
            next(batches)
        started = time.perf_counter()
        count = sum(batch["targets"].numel() for batch in batches)
        rates.append(count / (time.perf_counter() - started))
    return {
        "targets_per_second": round(statistics.median(rates)),
        "least": round(min(rates)),
        "most": round(max(rates)),
    }


def processor(prepared: Prepared, options: argparse.Namespace) -> float:
    """Microseconds of processor time that cutting one target takes."""
    crops = prepared.crops("train", range(options.crops + 1), 0)
    crops[options.crops]  # the first touch of everything
    started = time.process_time()
    count = sum(len(crops[index]["targets"]) for index in range(options.crops))
    return 1e6 * (time.process_time() - started) / count


def trained(prepared: Prepared, steps: int = 5) -> dict[str, float]:
    """Targets a second that a network learns from, and the processor time that one takes."""
    settings = prepared.settings
    module = next_sample.build(build_network(settings), settings.trainer)
    optimiser = module.configure_optimizers()
    size = settings.trainer.batch_size
    batch: Batch = next(iter(Feed(prepared.crops("train", range(size), 0), size, 0, print)))
    count = batch["targets"].numel()
    walls, processors = [], []
    for _ in range(steps + 1):
        wall, used = time.perf_counter(), time.process_time()
        optimiser.zero_grad()
        module.training_step(batch, 0).backward()
        optimiser.step()
        walls.append(time.perf_counter() - wall)
        processors.append(time.process_time() - used)
    return {
        "targets_per_second": round(count / statistics.median(walls[1:])),
        "microseconds": round(1e6 * statistics.median(processors[1:]) / count, 2),
    }


if __name__ == "__main__":
    main()
