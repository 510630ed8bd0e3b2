"""The way in and the way out: the command tree, errors as text or JSON, exit codes by kind."""

import os
import sys
from collections.abc import Sequence

import click

from whisperwave import __version__
from whisperwave.cli.bench import bench
from whisperwave.cli.doctor import doctor
from whisperwave.cli.evaluate import evaluate
from whisperwave.cli.generate import generate
from whisperwave.cli.generate_text import generate_text
from whisperwave.cli.grid import grid
from whisperwave.cli.import_ import import_command
from whisperwave.cli.library import library
from whisperwave.cli.models import models
from whisperwave.cli.prepare import prepare
from whisperwave.cli.quantise import quantise
from whisperwave.cli.report import report
from whisperwave.cli.speech import complain
from whisperwave.cli.stream import stream
from whisperwave.cli.train import train
from whisperwave.errors import ConfigError, WhisperwaveError

# The last bits of a product depend on how many threads share it, and so would a piece on how many
# processors there are. NumPy's libraries read these when they are loaded, which nothing has done
# yet. Training, whose bits are those of its machine, may use all.
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "VECLIB_MAXIMUM_THREADS": "1"}

INTERRUPTED = 130
INTERNAL = 1


@click.group()
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.option("--debug", is_flag=True, help="Show the whole traceback of an error.")
@click.pass_context
def root(ctx: click.Context, /, **_options: object) -> None:
    """New sound in the style of sounds you love, on your own computer."""
    if ctx.invoked_subcommand != "train":
        os.environ.update(_ONE_THREAD)


COMMANDS = (
    library, prepare, train, evaluate, report, grid, quantise, import_command,
    generate, stream, generate_text, models, bench, doctor,
)  # fmt: skip

for command in COMMANDS:
    root.add_command(command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the process's exit code.

    Errors go to standard error as ``CODE: message remedy``, or as one JSON object with ``--json``.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = root.main(args=words, prog_name="whisperwave", standalone_mode=False)
    except (KeyboardInterrupt, click.Abort):
        return _interrupted(words)
    except Exception as error:
        if _is_interruption(error):
            return _interrupted(words)
        if "--debug" in words:
            raise
        ours = _translated(error)
        complain(ours, as_json="--json" in words)
        return ours.exit_code
    return code if isinstance(code, int) else 0


def _interrupted(words: Sequence[str]) -> int:
    """Say that Ctrl-C was heard."""
    stopped = WhisperwaveError("INTERRUPTED", "stopped by Ctrl-C.", "Nothing half-made is left.")
    complain(stopped, as_json="--json" in words)
    return INTERRUPTED


def _is_interruption(error: BaseException | None) -> bool:
    """Whether Ctrl-C is at the root of it: Python 3.11 makes an error of one in a class body."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__
    return error is not None


def _translated(error: Exception) -> WhisperwaveError:
    """Every error in the house's form; one that nobody foresaw says how to see more."""
    if isinstance(error, WhisperwaveError):
        return error
    if isinstance(error, click.UsageError):
        command = error.ctx.command_path if error.ctx else "whisperwave"
        return ConfigError("USAGE", error.format_message(), f"See {command} --help.")
    return WhisperwaveError(
        "INTERNAL", f"{type(error).__name__}: {error}",
        "This is a fault of ours; whisperwave --debug shows where.",
    )  # fmt: skip
