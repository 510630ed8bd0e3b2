"""``whisperwave import``: networks of other projects become model files."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from whisperwave.cli.greedy import GreedyCommand, GreedyOption
from whisperwave.cli.progress import progress_bar
from whisperwave.cli.speech import json_option, remark, say, say_json

if TYPE_CHECKING:
    from whisperwave.exchange.importing import Imported

FORMATS = ("pytorch-wavenet", "onnx", "tensorflow")
CODECS = ("mulaw", "pytorch-wavenet")
"""What there is in `whisperwave.exchange`; a test holds the two equal, for help must be quick."""


@click.command("import", cls=GreedyCommand)
@click.argument("source", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--to", "output", required=True, type=click.Path(path_type=Path),
              help="The model file to write.")  # fmt: skip
@click.option("--format", "format", type=click.Choice(["auto", *FORMATS]), default="auto",
              show_default=True, help="Of FILE; auto looks into it.")  # fmt: skip
@click.option("--rate", "sample_rate", type=click.IntRange(1_000, 768_000),
              help="Of its sounds, in Hz. [default: as FILE says, or 16000]")  # fmt: skip
@click.option("--licence", default="unstated", show_default=True, help="Of the weights.")
@click.option("--layers-per-block", type=click.IntRange(1, 24),
              help="After how many layers its dilations begin again.")  # fmt: skip
@click.option("--codec", type=click.Choice(["auto", *CODECS]), default="auto",
              show_default=True, help="How its classes stand for sound.")  # fmt: skip
@click.option("--classes", cls=GreedyOption, metavar="NAME...",
              help="Names for the classes that it is told, in their order.")  # fmt: skip
@click.option("--class", "told", type=click.IntRange(0),
              help="Tell it this class for good, so that any picks will do.")  # fmt: skip
@click.option("--clip", type=int, default=1, show_default=True,
              help="The clip that the source and the result are compared on.")  # fmt: skip
@json_option
@click.pass_context
def import_command(context: click.Context, /, as_json: bool, **_options: object) -> None:
    """Make a model file of another project's WaveNet, and prove that it is the same network.

    Nothing in FILE is run. Nothing is written if what would be played differs from FILE.
    """
    from whisperwave.exchange.importing import Import, import_model
    from whisperwave.library import open_library

    options = {name: value for name, value in context.params.items() if name != "as_json"}
    with open_library() as library, progress_bar("Importing", quiet=as_json) as progress:
        imported = import_model(Import(**options), library, progress)
    if as_json:
        say_json(_described(imported))
        return
    _show(imported)


def _described(imported: "Imported") -> dict[str, Any]:
    file = imported.file
    return {
        "output": str(imported.output),
        "digest": imported.digest,
        "format": imported.format,
        "config": dict(file.config),
        "sample_rate": file.signature.sample_rate,
        "receptive_field": file.signature.receptive_field,
        "codec": file.signature.codec["name"],
        "licence": file.licence,
        "proof": imported.proof.as_mapping(),
        "notes": list(imported.notes),
    }


def _show(imported: "Imported") -> None:
    proof, signature = imported.proof, imported.file.signature
    say(f"{imported.format}: {imported.file.config['layers_per_block']} layers in each of "
        f"{imported.file.config['blocks']} blocks, a receptive field of "
        f"{signature.receptive_field} samples at {signature.sample_rate} Hz.")  # fmt: skip
    say(f"Source and result foretell {proof.predictions} samples alike: the likeliest class is "
        f"the same in {proof.same_likeliest:.1%}, no logit differs by more than "
        f"{proof.largest_difference:.1e}. "
        f"It foretells at {proof.bits_per_sample:.2f} bits per sample.")  # fmt: skip
    for note in imported.notes:
        remark(note)
    say(str(imported.output))
