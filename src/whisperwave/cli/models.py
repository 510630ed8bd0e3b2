"""``whisperwave models``: which models are there, and are they what they say?"""

from pathlib import Path
from typing import Any

import click

from whisperwave.cli.speech import json_option, say, say_json


@click.group()
def models() -> None:
    """The model files to play with."""


@models.command("list")
@json_option
def list_models(as_json: bool) -> None:
    """Show every shipped model: name, rate, size, licence, and what it learned from."""
    from whisperwave.generation.shipped import find_model, shipped_models

    found = [_described(name, find_model(name)) for name in shipped_models()]
    if as_json:
        say_json(found)
        return
    for model in found:
        say(f"{model['name']}: {model['sentence']}")


@models.command()
@click.argument("model")
@json_option
def verify(model: str, as_json: bool) -> None:
    """Check a MODEL (a shipped name, or a file): its digests, and its exam on every runtime.

    The exam is sat in every precision that the file offers and the runtime computes in.
    """
    from whisperwave import modelfile, runtimes
    from whisperwave.generation.shipped import find_model

    path = find_model(model)
    file, checked = modelfile.read_verified(path)
    errors = runtimes.sit_all_exams(file)
    if as_json:
        say_json({"model": str(path), "digest": checked.digest, "exam": errors})
        return
    say(f"{path}: {checked.parameters:,} parameters, digest {checked.digest}.")
    for backend, of_backend in errors.items():
        for precision, answers in of_backend.items():
            worst = max(answers.values())
            say(f"The {backend} runtime passes its exam in {precision}; largest error {worst:.1e}.")


def _described(name: str, path: Path) -> dict[str, Any]:
    from whisperwave import modelfile

    file = modelfile.read(path)
    signature = file.signature
    styles = [entry["style"] for entry in file.catalogue]
    return {
        "name": name,
        "family": file.family,
        "sample_rate": signature.sample_rate,
        "receptive_field": signature.receptive_field,
        "bytes": path.stat().st_size,
        "licence": file.licence,
        "styles": styles,
        "minutes": file.statistics.get("train_minutes"),
        "provenance": dict(file.provenance),
        "cost_bits": {name: cost.bits for name, cost in file.precisions.items()},
        "sentence": (
            f"{file.family}, {signature.sample_rate / 1000:g} kHz, "
            f"{path.stat().st_size / 1e6:.1f} MB, {file.licence}; "
            f"{file.statistics.get('train_minutes', '?')} minutes of {', '.join(styles)}."
        ),
    }
