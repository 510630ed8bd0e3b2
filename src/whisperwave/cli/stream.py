"""``whisperwave stream``: a piece without an end, made while it is heard."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from whisperwave.cli import programme
from whisperwave.cli.greedy import GreedyCommand
from whisperwave.cli.interrupts import Signals
from whisperwave.cli.progress import progress_bar
from whisperwave.cli.speech import json_option, remark, say, say_json
from whisperwave.errors import WhisperwaveError

if TYPE_CHECKING:
    from whisperwave.generation import Sink

PIPE = "-"


@click.command(cls=GreedyCommand)
@programme.picks_and_model
@click.option("--seconds", type=float, help="How long. [default: until Ctrl-C]")
@click.option("--output", "-o",
              help="A .wav, .flac, .ogg or .mp3 file, or - for raw samples on standard output. "
              "[default: the sound device]")  # fmt: skip
@click.option("--format", "sample_format", default="s16le", show_default=True,
              type=click.Choice(["s16le", "f32le"]), help="Of raw samples.")  # fmt: skip
@click.option("--device", help="Number of the sound device, or a part of its name.")
@click.option("--block", type=int, default=1024, show_default=True,
              help="Samples that are handed over at once; the sound is the same.")  # fmt: skip
@click.option("--ahead", type=float, default=1.0, show_default=True,
              help="Seconds of sound that are made before the device plays them.")  # fmt: skip
@programme.chance
@programme.loudness(fade_seconds=3.0)
@programme.narrow
@programme.runtime
@json_option
@click.pass_context
def stream(ctx: click.Context, /, output: str | None, as_json: bool, **_options: object) -> None:
    """Play without end in the style of the picked clips; Ctrl-C stops it.

    Raw samples are little-endian, the channels in turn, at 48000 Hz; with --narrow there is one
    channel at the model's rate. What is said then goes to standard error.
    """
    from whisperwave import generation

    options = ctx.params
    asked = generation.Programme(**programme.programme(options))
    sink = _sink(output, options)
    with progress_bar("Streaming", quiet=as_json, unit="× real time") as show, Signals() as signals:

        def progress(done: float, total: float) -> None:
            signals.ask_to_stop()
            show(done, total)

        try:
            result = generation.stream(
                asked, sink, options["seconds"], options["block"],
                stop=signals.stop, progress=progress,
            )  # fmt: skip
        except WhisperwaveError as error:
            if error.code == generation.STOPPED:
                raise KeyboardInterrupt from error
            raise
    if as_json:
        say_json(result.as_mapping(), aside=output == PIPE)
        return
    tell = remark if output == PIPE else say
    tell(f"{result.sentence()}; seed {asked.seed}.")
    if result.heard.full:
        remark(f"It ended because {result.heard.full}.")
    if output not in (None, PIPE):
        say(str(output))


def _sink(output: str | None, options: Mapping[str, Any]) -> "Sink":
    from whisperwave.generation import DeviceSink, FileSink, PipeSink
    from whisperwave.runtimes.device import Device

    if output is None:
        return DeviceSink(Device(options["device"], options["block"], options["ahead"]))
    if output == PIPE:
        return PipeSink(sys.stdout.fileno(), options["sample_format"])
    return FileSink(Path(output))
