"""The page of a grid: a row a class, a column a checkpoint, a player and a picture in each cell."""

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from whisperwave.generation.grid.cells import Cell, Missing
from whisperwave.generation.grid.checkpoints import Checkpoint
from whisperwave.reports.page import Page, Piece, picture, player, together

_ABSENT = "-"


def write_page(
    folder: Path,
    title: str,
    checkpoints: Sequence[Checkpoint],
    cells: Sequence[Cell],
    missing: Sequence[Missing],
) -> Path:
    """Write the page of what is finished; returns its path.

    Raises:
        OutputError: it cannot be written.
    """
    page = Page(title, _lead(cells))
    names = [each.name for each in checkpoints]
    styles = sorted({each.style for each in cells} | {each.style for each in missing} - {""})
    by_place = {(each.style, each.checkpoint): each for each in cells}
    rows = [[by_place.get((style, name)) for name in names] for style in styles]
    page.heading("Sounds")
    page.table(
        ("class", *names),
        [(style, *(_sound(cell) for cell in row)) for style, row in zip(styles, rows, strict=True)],
    )
    page.heading("Seconds to generate each")
    page.table(("class", *names), _times(styles, rows))
    if missing:
        page.heading("Not made")
        page.table(
            ("class", "checkpoint", "why"),
            [(each.style or "all", each.checkpoint, str(each.error)) for each in missing],
        )
    return page.write(folder)


def _lead(cells: Sequence[Cell]) -> str:
    if not cells:
        return "No cell is finished."
    audio = sum(float(each.figures["audio_seconds"]) for each in cells)
    took = sum(each.seconds for each in cells)
    first = cells[0].figures
    return (
        f"{len(cells)} sounds of {first['audio_seconds']:.3g} s, {audio:.1f} s in all, made in "
        f"{took:.1f} s: {audio / took:.1f}× real time. Seed {first['seed']}, temperature "
        f"{first['sampling']['temperature']:g}. A picture goes over the time of its sound, low "
        "frequencies below and high above (mel), 80 dB from night to straw. Under it stand the "
        "seconds it took, and how far the sound is from the style that was asked for, in standard "
        "deviations."
    )


def _sound(cell: Cell | None) -> Piece:
    if cell is None:
        return _ABSENT
    words = f"{cell.style}, {cell.checkpoint}"
    distance = cell.figures.get("style_distance")
    said = f"{cell.seconds:.2f} s" + ("" if distance is None else f", style {distance:.2f}")
    return together(picture(cell.picture, words), player(cell.sound, words), said)


def _times(styles: Sequence[str], rows: Sequence[Sequence[Cell | None]]) -> list[list[Piece]]:
    """A row a class, and one of the means."""
    times: list[list[Piece]] = [
        [style, *(_ABSENT if cell is None else f"{cell.seconds:.2f}" for cell in row)]
        for style, row in zip(styles, rows, strict=True)
    ]
    columns = [[cell.seconds for cell in column if cell] for column in zip(*rows, strict=True)]
    means: list[Piece] = [_ABSENT if not c else f"{fmean(c):.2f}" for c in columns]
    return [*times, ["mean", *means]]
