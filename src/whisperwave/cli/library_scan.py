"""``whisperwave library scan``: a music collection of any size into a listing of classes."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from whisperwave.cli.progress import progress_bar
from whisperwave.cli.speech import json_option, remark, say, say_json

if TYPE_CHECKING:
    from whisperwave.library.collections import Scanned, Wish

SHOWN_CLASSES = 20


@click.command()
@click.argument("music", type=click.Path(path_type=Path), metavar="MUSIC")
@click.option("--output", "-o", type=click.Path(path_type=Path), default=Path("listing.json"),
              show_default=True, help="The listing; its memory lies beside it.")  # fmt: skip
@click.option("--class", "class_tags", default="genre", show_default=True, metavar="TAG[,TAG…]",
              help="What makes a class, for example genre,year; empty for none.")  # fmt: skip
@click.option("--require", "required", default="", metavar="TAG[,TAG…]",
              help="Skip files without these tags.")  # fmt: skip
@click.option("--genres", type=click.Path(path_type=Path), metavar="FILE.toml",
              help="Your own table of sub-genres.")  # fmt: skip
@click.option("--min-minutes", type=float, default=0.0, show_default=True,
              help="Skip shorter files.")  # fmt: skip
@click.option("--first-minutes", type=float, help="Use only so much of each file.")
@click.option("--top", type=int, help="Keep only so many classes, those with the most minutes.")
@click.option("--rate", type=int, help="The sample rate, in Hz, that a data set of it should have.")
@click.option("--check", "is_decoded", is_flag=True,
              help="Decode every file, to find damage and copies; takes long.")  # fmt: skip
@click.option("--census", type=click.Path(path_type=Path), metavar="FILE.json",
              help="Write what there is and what was skipped, in numbers.")  # fmt: skip
@click.option("--picture", type=click.Path(path_type=Path), metavar="FILE.png",
              help="Draw the minutes of each class.")  # fmt: skip
@json_option
@click.pass_context
def scan(ctx: click.Context, /, as_json: bool, **_options: object) -> None:
    """Read the tags of all sound files under MUSIC and list them by class.

    Nothing in MUSIC is changed. A scan that was interrupted goes on where it was; a later one reads
    only what has changed. Classes can be of any tag, and of genre (sub-genres folded), subgenre,
    year, decade, folder, top_folder and format.
    """
    from whisperwave.library.collections import Scan
    from whisperwave.library.collections import scan as scan_collection

    options = ctx.params
    request = Scan(
        root=options["music"],
        output=options["output"],
        wish=_wish(options),
        target_rate=options["rate"],
        is_decoded=options["is_decoded"],
        apart_from=tuple(path for path in (options["census"], options["picture"]) if path),
    )
    with progress_bar("Scanning", quiet=as_json, unit=" files/s") as progress:
        scanned = scan_collection(request, progress)
    _write_census(scanned.census, options["census"], options["picture"])
    if as_json:
        say_json(_mapping(request.output, request.skipped, scanned))
    else:
        _show(request.output, request.skipped, scanned)


@click.command()
@click.argument("listing", type=click.Path(path_type=Path), metavar="LISTING")
@click.option("--picture", type=click.Path(path_type=Path), metavar="FILE.png",
              help="Draw the minutes of each class.")  # fmt: skip
@json_option
def census(listing: Path, picture: Path | None, as_json: bool) -> None:
    """Count the files and minutes of a LISTING that a scan or a download has written."""
    from whisperwave.library.collections import take_census
    from whisperwave.library.listing import read_listing

    counted = take_census(read_listing(listing).items)
    _write_census(counted, None, picture)
    if as_json:
        say_json(counted)
    else:
        _show_classes(counted, listing)


def _wish(options: dict[str, Any]) -> "Wish":
    from whisperwave.library.collections import Wish, read_genres, shipped_genres

    first, table = options["first_minutes"], options["genres"]
    return Wish(
        class_tags=_names(options["class_tags"]),
        required=_names(options["required"]),
        least_seconds=60.0 * options["min_minutes"],
        first_seconds=None if first is None else 60.0 * first,
        top=options["top"],
        genres=shipped_genres() if table is None else read_genres(table),
    )


def _names(words: str) -> tuple[str, ...]:
    names = (name.strip().lower() for name in words.split(","))
    return tuple(name for name in names if name)


def _write_census(census: dict[str, Any], path: Path | None, picture: Path | None) -> None:
    import json

    if path is not None:
        from whisperwave.library import durable

        durable.write_bytes(path, (json.dumps(census, indent=2) + "\n").encode())
    if picture is not None:
        from whisperwave.library import durable
        from whisperwave.reports import shares

        minutes = {name or "no class": each["minutes"] for name, each in census["classes"].items()}
        drawn = shares.bars(shares.largest(minutes, shares.MOST_BARS), "minutes")
        durable.write_bytes(picture, drawn.encode())


def _show_classes(census: dict[str, Any], listing: Path) -> None:
    say(f"{census['files']} files, {census['minutes']:.0f} minutes, in {len(census['classes'])} "
        f"classes: {listing}")  # fmt: skip
    for name, each in list(census["classes"].items())[:SHOWN_CLASSES]:
        say(f"  {each['minutes']:10.1f} min  {each['files']:7} files  {name or '(no class)'}")
    more = len(census["classes"]) - SHOWN_CLASSES
    if more > 0:
        say(f"  … and {more} classes more")


def _mapping(output: Path, skipped: Path, scanned: "Scanned") -> dict[str, Any]:
    return {
        "listing": str(output),
        "skipped": str(skipped),
        "read": scanned.read,
        "unchanged": scanned.unchanged,
        "vanished": scanned.vanished,
        "notes": list(scanned.notes),
        "census": scanned.census,
    }


def _show(output: Path, skipped: Path, scanned: "Scanned") -> None:
    for note in scanned.notes:
        remark(note)
    census = scanned.census
    _show_classes(census, output)
    if census["skipped"]:
        say(f"{sum(census['skipped'].values())} files skipped, each with its reason: {skipped}")
    for code, count in census["skipped"].items():
        say(f"  {count:7}  {code}")
    say(f"{scanned.read} files were read now, {scanned.unchanged} were known, "
        f"{scanned.vanished} have vanished.")  # fmt: skip
