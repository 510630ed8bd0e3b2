"""``whisperwave grid``: every class of some checkpoints, to be heard side by side."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from whisperwave.cli.greedy import GreedyCommand, GreedyOption
from whisperwave.cli.progress import progress_bar
from whisperwave.cli.speech import json_option, precision_option, remark, say, say_json
from whisperwave.cli.workers import cluster_option, named_cluster

if TYPE_CHECKING:
    from whisperwave.generation.grid import Grid


@click.command(cls=GreedyCommand)
@click.argument("sources", nargs=-1, required=True, metavar="RUN-OR-MODEL...")
@click.option("--output", "-o", required=True, type=click.Path(path_type=Path), metavar="FOLDER",
              help="Where the sounds, the pictures and the page go.")  # fmt: skip
@click.option("--classes", cls=GreedyOption, default=("all",), metavar="all|NAME...",
              help="Of the model, or styles of the library. [default: all]")  # fmt: skip
@click.option("--checkpoints", cls=GreedyOption, default=("all",), metavar="all|best|last|STEP...",
              help="Of each run; best by its loss on held-out sound. [default: all]")  # fmt: skip
@click.option("--data", type=click.Path(path_type=Path), metavar="SET",
              help="Real sounds of the classes, to say how near each sound is.")  # fmt: skip
@click.option("--seconds", type=float, default=5.0, show_default=True, help="Of each sound.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same for every sound.")
@click.option("--temperature", type=float, default=1.0, show_default=True, help="Of the sampling.")
@click.option("--top-p", type=float, default=1.0, show_default=True, help="Of the sampling.")
@click.option("--format", "suffix", type=click.Choice(["flac", "wav", "ogg", "mp3"]),
              default="flac", show_default=True, help="Of the sound files.")  # fmt: skip
@click.option("--narrow", is_flag=True, help="One channel, as the model played it.")
@click.option("--at-once", type=int, default=16, show_default=True,
              help="Sounds of a checkpoint that are played side by side.")  # fmt: skip
@click.option("--threads", type=int, help="That share the playing. [default: all processors]")
@click.option("--backend", default="native", show_default=True, help="What computes.")
@precision_option
@cluster_option
@json_option
@click.pass_context
def grid(ctx: click.Context, /, as_json: bool, **_options: object) -> None:
    """Generate every class with every checkpoint: sounds, pictures, and a page with players.

    RUN is a folder of `whisperwave train`, MODEL a model file or a shipped model's name. What is
    finished is kept: the same command goes on where it was stopped.
    """
    from whisperwave.generation.grid import GridRequest, make_grid
    from whisperwave.library import open_library
    from whisperwave.runtimes import Sampling

    options = ctx.params
    request = GridRequest(
        tuple(options["sources"]),
        options["output"],
        classes=tuple(options["classes"]),
        checkpoints=tuple(options["checkpoints"]),
        seconds=options["seconds"],
        seed=options["seed"],
        sampling=Sampling(temperature=options["temperature"], top_p=options["top_p"]),
        wide=not options["narrow"],
        backend=options["backend"],
        precision=options["precision"],
        suffix=f".{options['suffix']}",
        at_once=options["at_once"],
        threads=options["threads"],
        data=options["data"],
    )
    workers = named_cluster(options["cluster"])
    with open_library() as library, progress_bar("Generating", quiet=as_json) as progress:
        made = make_grid(request, library, progress, workers)
    if as_json:
        say_json(made.as_mapping())
    else:
        _show(made)
    if made.missing:
        ctx.exit(made.missing[0].error.exit_code)


def _show(made: "Grid") -> None:
    for each in made.missing:
        remark(f"Not made: {each.style or 'all classes'}, {each.checkpoint}: {each.error}")
    kept = len(made.cells) - made.made
    audio = sum(float(each.figures["audio_seconds"]) for each in made.cells)
    took = sum(each.seconds for each in made.cells)
    speed = f", {audio / took:.1f}× real time" if took else ""
    say(f"{made.made} sounds were made, {kept} were there; {audio:.1f} s in {took:.1f} s{speed}.")
    say(str(made.page))
