"""``whisperwave quantise``: smaller numbers, faster playing, and what it costs."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from whisperwave.cli.greedy import GreedyCommand, GreedyOption
from whisperwave.cli.progress import progress_bar
from whisperwave.cli.speech import json_option, remark, say, say_json

if TYPE_CHECKING:
    from whisperwave.generation.quantising import Quantised


@click.command(cls=GreedyCommand)
@click.argument("model")
@click.option("--output", "-o", type=click.Path(path_type=Path),
              help="Where to write. [default: MODEL's own file]")  # fmt: skip
@click.option("--input", "-i", "picks", cls=GreedyOption, metavar="N...",
              help="Clips to listen to and measure by. [default: the starter library]")  # fmt: skip
@click.option("--data", type=click.Path(path_type=Path),
              help="A folder of sounds or a prepared set in place of clips.")  # fmt: skip
@json_option
def quantise(
    model: str, output: Path | None, picks: tuple[str, ...], data: Path | None, as_json: bool
) -> None:
    """Calibrate MODEL (a name, a file or a run folder) and say what each precision costs.

    The weights stay as they are; the file then offers bfloat16 and int8 beside float32.
    """
    from whisperwave.generation import Picks
    from whisperwave.generation.quantising import Quantisation
    from whisperwave.generation.quantising import quantise as make
    from whisperwave.library import open_library

    if picks and data:
        raise click.UsageError("Give --input or --data, not both.")
    request = Quantisation(model, output, Picks.parse(picks) if picks else None, data)
    with open_library() as library, progress_bar("Quantising", quiet=as_json) as progress:
        quantised = make(request, library, progress)
    if as_json:
        say_json(_described(quantised))
    else:
        _show(quantised)


def _described(quantised: "Quantised") -> dict[str, Any]:
    from dataclasses import asdict

    file = quantised.file
    precisions = {
        name: {**asdict(cost), "cost_bits": cost.bits, "tolerance": file.exam.tolerances[name]}
        for name, cost in file.precisions.items()
    }
    return {"output": str(quantised.output), "digest": quantised.digest, "precisions": precisions}


def _show(quantised: "Quantised") -> None:
    from whisperwave.runtimes.precisions import MOST_COST_BITS

    for name, cost in quantised.file.precisions.items():
        say(f"{name} costs {cost.bits:.4f} bits per sample: {cost.bits_before:.4f} before, "
            f"{cost.bits_after:.4f} after, on {cost.clips} clips.")  # fmt: skip
        if cost.bits > MOST_COST_BITS:
            remark(f"That is more than {MOST_COST_BITS} bits: {name} is only played when asked "
                   "for by name. Please report it, with the model.")  # fmt: skip
    say(str(quantised.output))
