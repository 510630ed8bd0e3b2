"""``whisperwave bench``: how fast is it here, beside everything else that could do the same?"""

import json
from pathlib import Path

import click

from whisperwave.cli.greedy import GreedyCommand, GreedyOption
from whisperwave.cli.progress import progress_bar
from whisperwave.cli.speech import json_option, remark, say


@click.group()
def bench() -> None:
    """Measure speed on this machine, every way in turn in one run."""


@bench.command(cls=GreedyCommand)
@click.option("--preset", "presets", cls=GreedyOption, metavar="SHAPE...",
              help="asmr, calm, genre, study, l20. [default: all]")  # fmt: skip
@click.option("--rounds", type=int, default=7, show_default=True, help="Turns of every way.")
@click.option("--seconds", type=float, default=0.3, show_default=True,
              help="For each way in each round.")  # fmt: skip
@click.option("--busy", type=int, default=0, show_default=True,
              help="Measure again beside so many processes that never rest.")  # fmt: skip
@click.option("--output", "-o", type=click.Path(path_type=Path), metavar="FILE.json",
              help="Keep the result as a file too.")  # fmt: skip
@json_option
def generation(
    presets: tuple[str, ...],
    rounds: int,
    seconds: float,
    busy: int,
    output: Path | None,
    as_json: bool,
) -> None:
    """Time WaveNets of published shapes, sample by sample.

    The full window and the cached step in PyTorch and ONNX Runtime, where they are installed, and
    the engine by precision, threads and streams; beside the limits of this machine.
    """
    from whisperwave.benchmarks.generation import GenerationSpeed, measure_generation, table
    from whisperwave.benchmarks.wavenet_ways import catalogue
    from whisperwave.benchmarks.wavenet_ways.presets import PRESETS
    from whisperwave.library import durable

    asked = GenerationSpeed(presets or tuple(PRESETS), rounds, seconds, busy)
    for package, way in catalogue.left_out():
        remark(f"{package} is not installed: {way} is left out.")
    with progress_bar("Measuring", quiet=as_json) as progress:
        result = measure_generation(asked, progress)
    if output:
        durable.write_bytes(output, json.dumps(result, indent=2).encode() + b"\n")
    say(json.dumps(result) if as_json else table(result["rows"]))
