"""``whisperwave prepare``: from folders of sound to a set that training reads as it lies."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from whisperwave.cli.greedy import GreedyCommand, GreedyOption
from whisperwave.cli.progress import progress_bar
from whisperwave.cli.speech import json_option, remark, say, say_json
from whisperwave.cli.workers import cluster_option, workers_for
from whisperwave.errors import AudioError, ConfigError

if TYPE_CHECKING:
    from whisperwave.datasets.preparing import Outcome

_SOME_FAILED = AudioError.exit_code
_TEXTS = {"rate": "sample_rate", "split": "split_by", "segment": "segment_seconds",
          "hop": "hop_seconds"}  # fmt: skip
_OF_SOURCES = ("silence", "below_db", "predict")


@click.command(cls=GreedyCommand)
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option("--output", "-o", type=click.Path(path_type=Path), required=True, metavar="SET",
              help="The folder to make.")  # fmt: skip
@click.option("--preset", help="nus, vocalset, vctk, nus_vocalset_vctk, ambience or music.")
@click.option("--recipe", type=click.Path(path_type=Path), metavar="FILE.toml",
              help="Everything below and more, written down.")  # fmt: skip
@click.option("--rate", type=int, help="Sample rate in Hz. [default: 16000]")
@click.option("--channels", type=int, help="1 or 2. [default: 1]")
@click.option("--level", help="rms, peak, lufs or none. [default: rms]")
@click.option("--silence", help="keep, trim or split. [default: keep]")
@click.option("--below-db", type=float, help="Silence lies so far below the loudest moment.")
@click.option("--segment", type=float, help="Seconds of a training window.")
@click.option("--hop", type=float, help="Seconds from one window to the next.")
@click.option("--split", help="By file, speaker, tag:NAME or span. [default: file]")
@click.option("--validation", type=float, help="Share kept to check with. [default: 0.1]")
@click.option("--test", type=float, help="Share kept to measure with. [default: 0.1]")
@click.option("--seed", type=int, help="Chooses what is kept. [default: 0]")
@click.option("--predict", cls=GreedyOption, metavar="PATTERN...",
              help="Files kept whole for listening, by their names.")  # fmt: skip
@click.option("--features", help="For example f0,loudness,mfcc,mel,texture.")
@click.option("--name", help="Of the set. [default: the folder's name]")
@click.option("--version", help="Of its content. [default: 1]")
@click.option("--workers", type=int, help="Processes. [default: one a core]")
@cluster_option
@click.option("--cache", type=click.Path(path_type=Path), metavar="FOLDER",
              help="Keep work that is done, for other sets of the same sounds.")  # fmt: skip
@click.option("--replace", is_flag=True, help="An older set of this name may go.")
@json_option
@click.pass_context
def prepare(context: click.Context, /, as_json: bool, **options: Any) -> None:
    """Prepare sounds for training: one rate, honest splits, features, everything digested.

    A SOURCE is a folder, or the listing of a collection.
    """
    from whisperwave.datasets.preparing import Job
    from whisperwave.datasets.preparing import prepare as make

    recipe = _recipe(options)
    workers = workers_for(options["cluster"], options["workers"])
    job = Job(recipe, options["output"], workers, options["cache"], options["replace"])
    with progress_bar("Preparing", quiet=as_json) as progress:
        outcome = make(job, progress)
    if as_json:
        say_json(_described(outcome))
    else:
        _show(outcome)
    if outcome.failed:
        context.exit(_SOME_FAILED)


def _recipe(options: dict[str, Any]) -> Any:
    """The recipe: a preset, then the file, then what was said by name."""
    from whisperwave.datasets.presets import preset_values
    from whisperwave.datasets.recipe import read_recipe, recipe_from

    sources = list(options["sources"])
    values: dict[str, Any] = {"sources": [{"path": path} for path in sources]}
    if options["preset"]:
        values = preset_values(options["preset"], sources)
    if options["recipe"]:
        values |= _beside(sources, read_recipe(options["recipe"]))
    for name in ("rate", "channels", "level", "segment", "hop", "split", "validation", "test",
                 "seed", "name", "version"):  # fmt: skip
        if options[name] is not None:
            values[_TEXTS.get(name, name)] = options[name]
    if options["features"] is not None:
        values["features"] = [word for word in options["features"].split(",") if word]
    said = {name: options[name] for name in _OF_SOURCES if options[name] not in (None, ())}
    values["sources"] = [{**source, **said} for source in values["sources"]]
    values.setdefault("name", options["output"].resolve().name)
    return recipe_from(values)


def _beside(sources: list[str], written: dict[str, Any]) -> dict[str, Any]:
    """What a recipe file says, which may not name other sources than the command does."""
    if sources and "sources" in written:
        raise ConfigError(
            "BAD_SOURCES", f"The recipe names its sources, and so does the command: {sources}.",
            "Name them in one place.",
        )  # fmt: skip
    return written


def _described(outcome: "Outcome") -> dict[str, Any]:
    kept = ("name", "version", "digest", "sample_rate", "channels", "items", "dropped_seconds",
            "splits", "train_minutes")  # fmt: skip
    manifest = outcome.prepared.manifest
    left = [{"name": each.name, **each.error.as_mapping()} for each in outcome.left]
    return {
        "output": str(outcome.prepared.folder),
        **{name: manifest[name] for name in kept},
        "statistics": dict(outcome.prepared.statistics),
        "counts": {"ok": manifest["items"], **outcome.counts},
        "left_out": left,
    }


def _show(outcome: "Outcome") -> None:
    for each in outcome.left:
        remark(f"Left out: {each.name}: {each.error}")
    manifest = outcome.prepared.manifest
    for split, known in manifest["splits"].items():
        say(f"{split:10} {known['seconds'] / 60:8.1f} minutes in {known['excerpts']} parts")
    if manifest["dropped_seconds"]:
        say(f"{manifest['dropped_seconds'] / 60:.1f} minutes of silence were left out.")
    reasons = ", ".join(f"{count} {code}" for code, count in outcome.counts.items())
    say(f"{manifest['items']} files, {len(outcome.left)} left out"
        f"{f' ({reasons})' if reasons else ''}; "
        f"{manifest['name']} {manifest['version']}, digest {manifest['digest'][:12]}")  # fmt: skip
    say(str(outcome.prepared.folder))
