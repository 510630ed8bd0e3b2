"""``whisperwave generate``: new sound in the style of picked clips."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from whisperwave.cli.greedy import GreedyCommand, GreedyOption
from whisperwave.cli.progress import progress_bar
from whisperwave.cli.speech import json_option, precision_option, say, say_json
from whisperwave.errors import ConfigError

if TYPE_CHECKING:
    from whisperwave.generation import Length, Request

DEFAULT_SECONDS = 20.0
_SEEDS = 2**31  # fresh seeds are short enough to read out


@click.command(cls=GreedyCommand)
@click.option("--input", "-i", "picks", cls=GreedyOption, required=True, metavar="N[:WEIGHT]...",
              help="Clips to take the style of, for example 3 7:2 12.")  # fmt: skip
@click.option("--output", "-o", required=True, type=click.Path(path_type=Path),
              help="Where to write; .wav, .flac, .ogg or .mp3.")  # fmt: skip
@click.option("--model", "--model_path", default="calm", show_default=True,
              help="A shipped model's name, a model file, or a run folder.")  # fmt: skip
@click.option("--seconds", type=float, help=f"How long. [default: {DEFAULT_SECONDS:g}]")
@click.option("--samples", "--num_samples", type=int, help="How long, in samples of the output.")
@click.option(
    "--sample-rate",
    "--rate",
    type=int,
    help="Of the output, in Hz. [default: 48000; with --narrow the model's own]",
)
@click.option("--seed", type=int, help="Same seed, same file. By default a new one each time.")
@click.option("--temperature", type=float, default=1.0, show_default=True,
              help="Below 1 calmer, above 1 wilder; 0 takes the likeliest always.")  # fmt: skip
@click.option("--top-k", type=int, default=0, help="Sample among the K likeliest only; 0: all.")
@click.option("--top-p", type=float, default=1.0, help="Sample among the likeliest that make up P.")
@click.option("--centring", type=float, default=0.0,
              help="Pull towards silence; 0.0001 is felt. [default: 0]")  # fmt: skip
@click.option("--loudness", default="rest", show_default=True,
              help="sleep (-27), rest (-23), focus (-20), or LUFS.")  # fmt: skip
@click.option("--ceiling", type=float, default=-6.0, show_default=True, help="True peak, dBTP.")
@click.option("--fade-in", type=float, default=0.5, show_default=True, help="Seconds.")
@click.option("--fade-out", type=float, default=0.5, show_default=True, help="Seconds.")
@click.option("--narrow", is_flag=True,
              help="One channel, as the model played it: no width, no top octaves.")  # fmt: skip
@click.option("--keep-prime", is_flag=True, help="Leave the slices of the picks in front.")
@click.option("--pictures", is_flag=True, help="Draw waveform and spectrogram beside the output.")
@click.option("--backend", default="native", show_default=True, help="What computes.")
@click.option("--isa", default="auto", show_default=True, help="Instruction set of the engine.")
@precision_option
@json_option
@click.pass_context
def generate(ctx: click.Context, /, as_json: bool, **_options: object) -> None:
    """Make new sound in the style of the picked clips."""
    from whisperwave import generation

    request = _request(ctx.params)
    with progress_bar("Generating", quiet=as_json, unit="× real time") as progress:
        result = generation.generate(request, progress=progress)
    if as_json:
        say_json(result.as_mapping())
        return
    say(f"{result.sentence()}; seed {request.seed}.")
    for path in (result.output, *result.pictures):
        say(str(path))


def _request(options: Mapping[str, Any]) -> "Request":
    import secrets

    from whisperwave.generation import Mastering, Picks, Request, parse_loudness
    from whisperwave.runtimes import Sampling

    seed = options["seed"]
    return Request(
        picks=Picks.parse(options["picks"]),
        output=options["output"],
        length=_length(options["seconds"], options["samples"]),
        seed=secrets.randbelow(_SEEDS) if seed is None else seed,
        model=options["model"],
        sampling=Sampling(*(options[n] for n in ("temperature", "top_k", "top_p", "centring"))),
        mastering=Mastering(
            loudness_lufs=parse_loudness(options["loudness"]),
            ceiling_dbtp=options["ceiling"],
            fade_in_seconds=options["fade_in"],
            fade_out_seconds=options["fade_out"],
        ),
        sample_rate=options["sample_rate"],
        wide=not options["narrow"],
        keep_prime=options["keep_prime"],
        pictures=options["pictures"],
        backend=options["backend"],
        isa=options["isa"],
        precision=options["precision"],
    )


def _length(seconds: float | None, samples: int | None) -> "Length":
    from whisperwave.generation import Length

    if seconds is not None and samples is not None:
        raise ConfigError(
            "TWO_LENGTHS",
            f"{seconds:g} seconds and {samples} samples are both given.",
            "Give --seconds or --samples.",
        )
    if samples is not None:
        return Length(samples=samples)
    return Length(seconds=DEFAULT_SECONDS if seconds is None else seconds)
