"""``whisperwave generate-text``: new text in the manner of the text a model learned from."""

import sys
from typing import Any

import click

from whisperwave.cli.speech import json_option, precision_option, say_json


@click.command("generate-text")
@click.option("--model", required=True, help="A model file, or a run folder.")
@click.option("--length", type=int, default=500, show_default=True, help="Symbols to write.")
@click.option("--prime", default="", help="What it goes on from; not written again.")
@click.option("--seed", type=int, help="Same seed, same text. By default a new one each time.")
@click.option("--temperature", type=float, default=1.0, show_default=True,
              help="Below 1 calmer, above 1 wilder; 0 takes the likeliest always.")  # fmt: skip
@click.option("--top-k", type=int, default=0, help="Draw among the K likeliest only; 0: all.")
@click.option("--top-p", type=float, default=1.0, help="Draw among the likeliest that make up P.")
@precision_option
@json_option
def generate_text(length: int, as_json: bool, **options: Any) -> None:
    """Write new text with a model that was trained on text."""
    import secrets
    import time

    from whisperwave.generation.text import Writer
    from whisperwave.runtimes import Sampling

    seed = secrets.randbelow(2**31) if options["seed"] is None else options["seed"]
    sampling = Sampling(*(options[name] for name in ("temperature", "top_k", "top_p")))
    writer = Writer(options["model"], precision=options["precision"])
    blocks = writer.write(length, options["prime"], sampling, seed)
    started = time.perf_counter()
    if not as_json:
        for block in blocks:
            click.echo(block, nl=False)
            sys.stdout.flush()
        click.echo()
        return
    text = "".join(blocks)
    speed = round(length / (time.perf_counter() - started))
    say_json({"text": text, "model": writer.identity, "seed": seed, "symbols_per_second": speed})
