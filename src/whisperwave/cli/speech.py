"""How commands speak: results to standard output, everything else to standard error."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from whisperwave.errors import WhisperwaveError

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")

precision_option = click.option(
    "--precision",
    type=click.Choice(["auto", "float32", "bfloat16", "int8"]),
    default="auto",
    show_default=True,
    help="What the weights are rounded to; auto: int8 if it costs at most 0.01 bits, else float32.",
)


def say(text: str) -> None:
    """Print a line for a person."""
    click.echo(printable(text))


def remark(text: str) -> None:
    """Print a note for a person, beside the results."""
    click.echo(printable(text), err=True)


def say_json(result: Mapping[str, Any] | Sequence[Any], *, aside: bool = False) -> None:
    """Print a result for a program: one JSON object, keys in the order they were written.

    Args:
        result: what can be written as JSON.
        aside: to standard error, where standard output is taken by the result itself.
    """
    click.echo(json.dumps(result, indent=2, allow_nan=False), err=aside)


def complain(error: WhisperwaveError, *, as_json: bool) -> None:
    """Print an error, whichever way it was asked for."""
    text = json.dumps({"error": error.as_mapping()}) if as_json else str(error)
    click.echo(printable(text), err=True)


def printable(text: str) -> str:
    """Text that any terminal takes: what it cannot show, or would act on, is escaped."""
    encoding = sys.stdout.encoding or "utf-8"
    shown = "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)
    return shown.encode(encoding, "backslashreplace").decode(encoding)
