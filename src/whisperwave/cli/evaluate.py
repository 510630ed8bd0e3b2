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
@click.option("--data", type=click.Path(path_type=Path), metavar="FOLDER-OR-SET",
              help="Ask for its classes, not for the library's styles.")  # fmt: skip
@click.option("--seconds", type=click.FloatRange(min=0.1), default=10.0, show_default=True,
              help="Of each sound that is generated.")  # fmt: skip
@click.option("--temperature", type=float, default=1.0, show_default=True, help="Of the sampling.")
@click.option("--top-p", type=float, default=1.0, show_default=True, help="Of the sampling.")
@click.option("--backend", default="native", show_default=True, help="What computes.")
@precision_option
@click.option("--quick", is_flag=True, help="One seed in place of five.")
@json_option
def style(quick: bool, as_json: bool, temperature: float, top_p: float, **options: Any) -> None:
    """Ask whether generated sound is nearest to the style it was asked for."""
    from whisperwave.generation.evaluation import SEEDS, StyleEvaluation, evaluate_style
    from whisperwave.library import open_library
    from whisperwave.runtimes import Sampling

    seeds = SEEDS[:1] if quick else SEEDS
    sampling = Sampling(temperature=temperature, top_p=top_p)
    request = StyleEvaluation(seeds=seeds, sampling=sampling, **options)
    with open_library() as library, progress_bar("Evaluating", quiet=as_json) as progress:
        result = evaluate_style(request, library, progress)
    if as_json:
        say_json(result)
    else:
        _show(result)


@evaluate.command()
@click.argument("model_name", metavar="MODEL")
@click.option("--data", required=True, type=click.Path(path_type=Path), metavar="FOLDER-OR-SET",
              help="Sounds, or a prepared set.")  # fmt: skip
@click.option("--clips", type=click.IntRange(min=1), default=12, show_default=True,
              help="Excerpts of each split.")  # fmt: skip
@click.option("--seconds", type=click.FloatRange(min=0.01), default=1.0, show_default=True,
              help="Scored of each.")  # fmt: skip
@click.option("--listening", type=click.Path(path_type=Path), metavar="FOLDER",
              help="Write what was heard here, and what the model plays along it.")  # fmt: skip
@click.option("--backend", default="native", show_default=True, help="What computes.")
@precision_option
@json_option
def model(
    model_name: str,
    data: Path,
    clips: int,
    seconds: float,
    listening: Path | None,
    backend: str,
    precision: str,
    as_json: bool,
) -> None:
    """Ask how well MODEL foretells sounds: those it learned from, and those kept from it."""
    from whisperwave.generation.evaluation import HeldOutEvaluation, evaluate_held_out

    request = HeldOutEvaluation(model_name, data, clips, seconds, listening, backend, precision)
    with progress_bar("Evaluating", quiet=as_json) as progress:
        result = evaluate_held_out(request, progress)
    if as_json:
        say_json(result)
        return
    for split, found in result["splits"].items():
        if found["bits_per_sample"] is not None:
            say(f"{split}: {found['bits_per_sample']:.3f} bits a sample, {found['accuracy']:.1%} "
                f"of samples foreseen, over {found['excerpts']} excerpts.")  # fmt: skip
    gap = "" if result["gap"] is None else f"The gap is {result['gap']:+.3f} bits. "
    say(f"{gap}Verdict: {result['verdict']}.")


def _show(result: dict[str, Any]) -> None:
    low, high = result["top1_interval"]
    say(f"Nearest to its own style: {result['top1']:.2f} (95 % interval {low:.2f} to {high:.2f})")
    for style, share in result["per_style"].items():
        say(f"  {style:12} {share:.2f}")
    for name, measures in result["performers"].items():
        shares = ", ".join(f"{m} {measures[m]['top1']:.2f}" for m in measures)
        say(f"{name:12} {shares}")
    bits = result["bits_per_sample"]
    if bits is None:
        say("Bits per sample of a model of two channels are told by whisperwave evaluate model.")
        return
    say(f"Bits per sample on held-out clips: {bits['model']:.3f}; with another style "
        f"{bits['style_shuffled']:.3f}; 5-gram {bits['five_gram']:.3f}")  # fmt: skip
