"""``whisperwave train``: your own recordings into your own model file."""

import importlib.util
from pathlib import Path

import click

from whisperwave.cli.speech import json_option, say, say_json
from whisperwave.errors import TrainingError


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@json_option
def train(folder: Path, overrides: tuple[str, ...], as_json: bool) -> None:
    """Train a model on a folder of recordings.

    Settings are changed as KEY=VALUE, for example model=wavenet.
    """
    require_training()
    from whisperwave import training

    result = training.run(folder, overrides)
    if as_json:
        say_json(result.as_mapping())
    else:
        say(f"The model file is {str(result.model)!r}.")


def require_training() -> None:
    """Refuse politely where the training extra is not installed.

    Raises:
        TrainingError: it is not.
    """
    missing = [m for m in ("torch", "lightning", "hydra") if importlib.util.find_spec(m) is None]
    if missing:
        raise TrainingError(
            "NO_TRAINING", f"training needs {', '.join(missing)}, not installed here.",
            'Run: pip install "whisperwave[train]"',
        )  # fmt: skip
