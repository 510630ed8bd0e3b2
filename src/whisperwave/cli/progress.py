"""The progress bar: what is done, how fast, and how long it will still take."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import isfinite

Progress = Callable[[float, float], None]


@contextmanager
def progress_bar(title: str, *, quiet: bool, unit: str = "") -> Iterator[Progress]:
    """Yield a function to call with (done, total); it draws on standard error, if that is a screen.

    Args:
        title: what is being done.
        quiet: draw nothing, whatever standard error is.
        unit: what "done per second" is called, for example ``× real time``; nothing is shown
            without it.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda _done, _total: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(title, total=None, speed="")

        def show(done: float, total: float) -> None:
            speed = f"{bar.tasks[0].speed or 0.0:.1f}{unit}" if unit else ""
            length = total if isfinite(total) else None
            bar.update(task, completed=done, total=length, speed=speed)

        yield show
