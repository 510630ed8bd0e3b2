"""``whisperwave train``: your own recordings into your own model file."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import click

from whisperwave.cli.speech import say
from whisperwave.errors import TrainingError

EXTRA = ("torch", "lightning", "hydra")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line, as it goes.")
def train(folder: Path, overrides: tuple[str, ...], as_json: bool) -> None:
    """Train a model on a folder of recordings.

    Settings are changed as KEY=VALUE, for example model=wavenet trainer.minutes=30.
    """
    require_training()
    from whisperwave.training import run

    run(folder, overrides, _say_line if as_json else _say_sentence)


def require_training() -> None:
    """Refuse politely where the training extra is not installed.

    Raises:
        TrainingError: it is not.
    """
    missing = [name for name in EXTRA if importlib.util.find_spec(name) is None]
    if missing:
        raise TrainingError(
            "NO_TRAINING",
            f"training needs {', '.join(missing)}, not installed here.",
            'Run: pip install "whisperwave[train]"',
        )


def sentence(event: dict[str, Any]) -> str:
    """One line of figures as a person reads it; an unknown event is shown as it is."""
    form = {
        "refused": "Left out: {file}: {message}",
        "prepared": "{files} files, {train_minutes} minutes to learn from, "
        "{validation_minutes} to check with; {refused} left out.",
        "step": "Step {step}: {bits} bits a sample, {targets_per_second} targets a second, "
        "{progress:.0%} done, {minutes_left:.0f} minutes left.",
        "validation": "Step {step}: {validation_bits} bits a sample on sound not learnt from.",
        "done": "The model file is {model}",
    }.get(event["event"], "{event}")
    return form.format(**event, minutes_left=event.get("seconds_left", 0) / 60)


def _say_sentence(event: dict[str, Any]) -> None:
    say(sentence(event))


def _say_line(event: dict[str, Any]) -> None:
    click.echo(json.dumps(event))
