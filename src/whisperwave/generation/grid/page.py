"""The page of a grid: a row a class, a column a checkpoint, a player and a picture in each cell."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean

from whisperwave.generation.grid.cells import Cell, Missing
from whisperwave.generation.grid.checkpoints import Checkpoint
from whisperwave.generation.grid.voices import UNCONDITIONED
from whisperwave.reports.page import Page, Piece, picture, player, together

_ABSENT = "-"
_BY_STYLE = (
    "Behind “style” stands how far the sound is from the style that was asked for, in standard "
    "deviations."
)
_BY_CLASS = (
    "Behind “class” stands how far it is from the nearest real sound of its class, in standard "
    "deviations of the set; where it is nearer to another class, that is named."
)
_BARE = (
    "How far a sound is from a class, of which the model knows the name alone, is measured by real "
    "sounds: whisperwave grid … --data SET."
)


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
        f"seconds it took.{_meaning_of_distances(cells)}"
    )


def _meaning_of_distances(cells: Sequence[Cell]) -> str:
    """A sentence for each kind of distance that stands on the page, and for one that is missing."""
    by_style = [each.figures.get("style_distance") is not None for each in cells]
    by_class = [each.likeness is not None for each in cells]
    bare = [
        each.style != UNCONDITIONED and not (style or sort)
        for each, style, sort in zip(cells, by_style, by_class, strict=True)
    ]
    kinds = zip((_BY_STYLE, _BY_CLASS, _BARE), (by_style, by_class, bare), strict=True)
    return "".join(f" {sentence}" for sentence, there in kinds if any(there))


def _sound(cell: Cell | None) -> Piece:
    if cell is None:
        return _ABSENT
    words = f"{cell.style}, {cell.checkpoint}"
    said = ", ".join((f"{cell.seconds:.2f} s", *_distances(cell)))
    return together(picture(cell.picture, words), player(cell.sound, words), said)


def _distances(cell: Cell) -> Iterator[str]:
    distance, likeness = cell.figures.get("style_distance"), cell.likeness
    if distance is not None:
        yield f"style {distance:.2f}"
    if likeness and likeness.distance is not None:
        yield f"class {likeness.distance:.2f}"
    if likeness and likeness.nearest != cell.style:
        yield f"nearer to {likeness.nearest}"


def _times(styles: Sequence[str], rows: Sequence[Sequence[Cell | None]]) -> list[list[Piece]]:
    """A row a class, and one of the means."""
    times: list[list[Piece]] = [
        [style, *(_ABSENT if cell is None else f"{cell.seconds:.2f}" for cell in row)]
        for style, row in zip(styles, rows, strict=True)
    ]
    columns = [[cell.seconds for cell in column if cell] for column in zip(*rows, strict=True)]
    means: list[Piece] = [_ABSENT if not c else f"{fmean(c):.2f}" for c in columns]
    return [*times, ["mean", *means]]
