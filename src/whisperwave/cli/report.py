"""``whisperwave report``: how did a training run go, and what is there to learn from?"""

from pathlib import Path
from typing import Any

import click

from whisperwave.cli.greedy import GreedyCommand, GreedyOption
from whisperwave.cli.progress import progress_bar
from whisperwave.cli.speech import json_option, say, say_json
from whisperwave.errors import ConfigError


@click.command(cls=GreedyCommand)
@click.argument("sources", nargs=-1, required=True, type=click.Path(path_type=Path),
                metavar="SET-OR-RUN-OR-LOG...")  # fmt: skip
@click.option("--output", "-o", type=click.Path(path_type=Path), metavar="FOLDER",
              help="Write a page with pictures here, and its numbers as report.json.")  # fmt: skip
@click.option("--evaluation", type=click.Path(path_type=Path), metavar="STYLE.JSON",
              help="What `evaluate style --json` printed: scores against minutes.")  # fmt: skip
@click.option("--grid", type=click.Path(path_type=Path), metavar="GRID.JSON",
              help="What `grid` wrote beside its page: the time each sound took.")  # fmt: skip
@click.option("--data", type=click.Path(path_type=Path), metavar="SET",
              help="The prepared set that was learned from: minutes of its classes.")  # fmt: skip
@click.option("--moved-at", cls=GreedyOption, type=int, metavar="STEP...",
              help="Before these steps the run went on on another machine. "
              "[default: by the log, or by a speed that changed for good]")  # fmt: skip
@json_option
def report(
    sources: tuple[Path, ...],
    output: Path | None,
    evaluation: Path | None,
    grid: Path | None,
    data: Path | None,
    moved_at: tuple[int, ...],
    as_json: bool,
) -> None:
    """Tell what there is to learn from, or how training went, on a page and in words.

    SET is a prepared set, a folder of sounds or the listing of a collection: minutes of its
    classes and splits, loudness, pitch, clipping, spectra, and what was left out.
    RUN is a folder of `whisperwave train`, LOG any text with lines such as
    "step 12 - loss = 3.9, (30.5 sec/step)": curves, restarts, speed and a verdict. Several logs
    are joined by their steps.
    """
    from whisperwave.generation.shipped import newest_of_name
    from whisperwave.reports import histories, sets

    of_run = {"evaluation": evaluation, "grid": grid, "data": data, "moved-at": moved_at}
    found: histories.Report | sets.SetReport
    if any(sets.is_of_sounds(source) for source in sources):
        _check_alone(sources, of_run)
        with progress_bar("Listening", quiet=as_json) as progress:
            found = sets.report(sources[0], progress)
    else:
        runs = [newest_of_name(source) for source in sources]
        found = histories.report(runs, evaluation, grid, data, moved_at)
    path = found.write(output) if output else None
    if as_json:
        say_json(found.as_mapping() | {"page": str(path) if path else None})
        return
    for sentence in found.sentences():
        say(sentence)
    if path:
        say(str(path))


def _check_alone(sources: tuple[Path, ...], of_run: dict[str, Any]) -> None:
    """Refuse what has no meaning for a set.

    Raises:
        ConfigError: ``BAD_OPTION``.
    """
    if len(sources) > 1:
        raise ConfigError(
            "BAD_OPTION", f"A set is reported alone, not {len(sources)} sources together.",
            "Give one set at a time.",
        )  # fmt: skip
    given = [f"--{name}" for name, value in of_run.items() if value]
    if given:
        raise ConfigError(
            "BAD_OPTION", f"{', '.join(given)}: {str(sources[0])!r} is a set, not a run.",
            "Leave it out, or give a run folder or a log.",
        )  # fmt: skip
