"""``whisperwave report``: how did a training run go?"""

from pathlib import Path

import click

from whisperwave.cli.greedy import GreedyCommand, GreedyOption
from whisperwave.cli.speech import json_option, say, say_json


@click.command(cls=GreedyCommand)
@click.argument("sources", nargs=-1, required=True, type=click.Path(path_type=Path),
                metavar="RUN-OR-LOG...")  # fmt: skip
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
    """Tell how training went: a page with curves, restarts, speed, and a verdict in words.

    RUN is a folder of `whisperwave train`, LOG any text with lines such as
    "step 12 - loss = 3.9, (30.5 sec/step)". Several logs are joined by their steps.
    """
    from whisperwave.generation.shipped import newest_of_name
    from whisperwave.reports import histories

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
