"""``whisperwave generate``: new sound in the style of picked clips."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from whisperwave.cli import programme
from whisperwave.cli.greedy import GreedyCommand
from whisperwave.cli.progress import progress_bar
from whisperwave.cli.speech import json_option, say, say_json
from whisperwave.errors import ConfigError

if TYPE_CHECKING:
    from whisperwave.generation import Length

DEFAULT_SECONDS = 20.0


@click.command(cls=GreedyCommand)
@programme.picks_and_model
@click.option("--output", "-o", required=True, type=click.Path(path_type=Path),
              help="Where to write; .wav, .flac, .ogg or .mp3.")  # fmt: skip
@click.option("--seconds", type=float, help=f"How long. [default: {DEFAULT_SECONDS:g}]")
@click.option("--samples", "--num_samples", type=int, help="How long, in samples of the output.")
@click.option(
    "--sample-rate",
    "--rate",
    type=int,
    help="Of the output, in Hz. [default: 48000; with --narrow the model's own]",
)
@programme.chance
@programme.loudness(fade_seconds=0.5)
@programme.narrow
@click.option("--keep-prime", is_flag=True, help="Leave the slices of the picks in front.")
@click.option("--pictures", is_flag=True, help="Draw waveform and spectrogram beside the output.")
@programme.runtime
@json_option
@click.pass_context
def generate(ctx: click.Context, /, as_json: bool, **_options: object) -> None:
    """Make new sound in the style of the picked clips, or of a class that the model knows."""
    from whisperwave import generation

    options = ctx.params
    request = generation.Request(
        **programme.programme(options),
        output=options["output"],
        length=_length(options["seconds"], options["samples"]),
        sample_rate=options["sample_rate"],
        keep_prime=options["keep_prime"],
        pictures=options["pictures"],
    )
    with progress_bar("Generating", quiet=as_json, unit="× real time") as progress:
        result = generation.generate(request, progress=progress)
    if as_json:
        say_json(result.as_mapping())
        return
    say(f"{result.sentence()}; seed {request.seed}.")
    for path in (result.output, *result.pictures):
        say(str(path))


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
