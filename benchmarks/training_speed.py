"""How much faster is one matrix product than `Conv1d(dilation=d)` in a WaveNet's training step?

    python benchmarks/training_speed.py [--preset calm|asmr] [--rounds 5] [--threads 2]

One step is forward, backward and Adam over the same crops in float32, the two forms in turn in one
run. Targets per second are what a training run reports; the ratio is of the medians.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from measuring import machine, records
from whisperwave.models.wavenet import WaveNet, WaveNetConfig
from whisperwave.nn import DilatedConvolution

PRESETS = {
    "calm": WaveNetConfig(),
    "asmr": WaveNetConfig(blocks=3, skip_channels=1024, end_channels=512),
}


def main() -> None:
    """Measure both forms and write the result."""
    options = arguments()
    torch.set_num_threads(options.threads)
    measured = measure(options.preset, options.rounds)
    result = {"machine": machine.facts(), "threads": options.threads, **measured}
    records.save("training_speed", result)
    print(json.dumps(result, indent=2))


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", choices=PRESETS, default="calm")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def measure(preset: str, rounds: int, crops: int = 4, targets: int = 3072) -> dict[str, object]:
    """Targets per second of both forms, in turn, with the spread over the rounds."""
    torch.manual_seed(0)
    network = WaveNet(PRESETS[preset])
    optimiser = torch.optim.Adam(network.parameters())
    length = targets + network.config.receptive_field - 1
    classes = torch.randint(0, network.config.classes, (crops, length))
    style = torch.randn(crops, network.config.conditioning_channels)
    wanted = torch.randint(0, network.config.classes, (crops * targets,))

    def step() -> None:
        optimiser.zero_grad()
        logits = network.predict(classes, style).transpose(1, 2).flatten(0, 1)
        F.cross_entropy(logits, wanted).backward()
        optimiser.step()

    seconds: dict[str, list[float]] = {"conv1d": [], "matrix_product": []}
    forms = {"conv1d": DilatedConvolution.plain, "matrix_product": DilatedConvolution.forward}
    for turn in range(rounds + 1):
        for name, form in forms.items():
            taken = timed(step, form)
            if turn > 0:  # the first round warms up
                seconds[name].append(taken)
    rates = {name: sorted(crops * targets / s for s in each) for name, each in seconds.items()}
    return {
        "preset": preset,
        "rows": [
            {
                "form": name,
                "targets_per_second": round(statistics.median(each)),
                "least": round(each[0]),
                "most": round(each[-1]),
            }
            for name, each in rates.items()
        ],
        "ratio": round(
            statistics.median(rates["matrix_product"]) / statistics.median(rates["conv1d"]), 2
        ),
    }


def timed(step: Callable[[], None], form: Callable[[DilatedConvolution, Tensor], Tensor]) -> float:
    """Seconds of one step with every convolution in the given form."""
    kept = DilatedConvolution.forward
    DilatedConvolution.forward = form  # type: ignore[method-assign] # the benchmark's one switch
    try:
        started = time.perf_counter()
        step()
        return time.perf_counter() - started
    finally:
        DilatedConvolution.forward = kept  # type: ignore[method-assign] # as above


if __name__ == "__main__":
    main()
