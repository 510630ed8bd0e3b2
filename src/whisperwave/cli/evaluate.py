"""``whisperwave evaluate``: how good is it, in numbers?"""

from pathlib import Path
from typing import Any

import click

from whisperwave.cli.progress import progress_bar
from whisperwave.cli.speech import json_option, precision_option, say, say_json
from whisperwave.starter import DEFAULT_MODEL


@click.group()
def evaluate() -> None:
    """Measure a model."""


@evaluate.command()
@click.option("--model", default=DEFAULT_MODEL, show_default=True,
              help="A shipped model's name, a model file, or a run folder.")  # fmt: skip
@click.option("--training", type=click.Path(path_type=Path), metavar="FOLDER",
              help="What it was trained on, one sub-folder a style; looks for copies.")  # fmt: skip
@click.option("--temperature", type=float, default=1.0, show_default=True, help="Of the sampling.")
@click.option("--top-p", type=float, default=1.0, show_default=True, help="Of the sampling.")
@click.option("--backend", default="native", show_default=True, help="What computes.")
@precision_option
@click.option("--quick", is_flag=True, help="One seed in place of five.")
@json_option
def style(
    model: str,
    training: Path | None,
    temperature: float,
    top_p: float,
    backend: str,
    precision: str,
    quick: bool,
    as_json: bool,
) -> None:
    """Ask whether generated sound is nearest to the style it was asked for."""
    from whisperwave.generation.evaluation import SEEDS, StyleEvaluation, evaluate_style
    from whisperwave.library import open_library
    from whisperwave.runtimes import Sampling

    sampling = Sampling(temperature=temperature, top_p=top_p)
    seeds = SEEDS[:1] if quick else SEEDS
    request = StyleEvaluation(model, seeds, sampling, training, backend, precision)
    with open_library() as library, progress_bar("Evaluating", quiet=as_json) as progress:
        result = evaluate_style(request, library, progress)
    if as_json:
        say_json(result)
    else:
        _show(result)


def _show(result: dict[str, Any]) -> None:
    low, high = result["top1_interval"]
    say(f"Nearest to its own style: {result['top1']:.2f} (95 % interval {low:.2f} to {high:.2f})")
    for style, share in result["per_style"].items():
        say(f"  {style:12} {share:.2f}")
    for name, measures in result["performers"].items():
        shares = ", ".join(f"{m} {measures[m]['top1']:.2f}" for m in measures)
        say(f"{name:12} {shares}")
    bits = result["bits_per_sample"]
    say(f"Bits per sample on held-out clips: {bits['model']:.3f}; with another style "
        f"{bits['style_shuffled']:.3f}; 5-gram {bits['five_gram']:.3f}")  # fmt: skip
