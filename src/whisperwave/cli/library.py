"""``whisperwave library``: which sounds are there; adding, rating, hearing, giving away."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from whisperwave.cli.library_download import download
from whisperwave.cli.library_scan import census, scan
from whisperwave.cli.speech import json_option, printable, remark, say, say_json
from whisperwave.errors import ConfigError

if TYPE_CHECKING:
    from whisperwave.library import Clip

RATINGS = ("love", "neutral", "not-for-me")


@click.group()
def library() -> None:
    """The numbered clips to pick from."""


for command in (scan, census, download):
    library.add_command(command)


@library.command("list")
@json_option
def list_clips(as_json: bool) -> None:
    """Show every clip: number, title, style, length, licence, rating."""
    from whisperwave.library import open_library

    with open_library() as clips:
        found = clips.list()
        _remark_all(clips.notes)
    if as_json:
        say_json([_mapping(clip) for clip in found])
    else:
        _show(found)


@library.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--style", help="The style it belongs to, for example rain.")
@click.option("--title", help="How the list names it; its file name otherwise.")
@click.option("--allow-truncated", is_flag=True, help="Keep what is left of a damaged file.")
@json_option
def add(
    path: Path, style: str | None, title: str | None, allow_truncated: bool, as_json: bool
) -> None:
    """Copy a sound file into the library; it gets the next number."""
    from whisperwave.library import open_library

    with open_library() as clips:
        added = clips.add(path, style=style, title=title, allow_truncated=allow_truncated)
        _remark_all(clips.notes)
    clip = added.clip
    if as_json:
        say_json(_mapping(clip) | {"is_new": added.is_new, "notes": list(added.notes)})
        return
    _remark_all(added.notes)
    known = "" if added.is_new else " (it was there already)"
    say(f"Clip {clip.number}: {clip.title}, {clip.seconds:.1f} s{known}.")


@library.command()
@click.argument("number", type=int)
@click.argument("rating", type=click.Choice(RATINGS))
@json_option
def rate(number: int, rating: str, as_json: bool) -> None:
    """Say whether you love a clip; your taste is kept on this machine."""
    from whisperwave.library import open_library

    with open_library() as clips:
        clip = clips.rate(number, rating)
    if as_json:
        say_json(_mapping(clip))
    else:
        say(f"Clip {clip.number}, {clip.title}: {clip.rating}.")


@library.command()
@click.argument("words", nargs=-1, required=True)
@json_option
def search(words: tuple[str, ...], as_json: bool) -> None:
    """Show the clips whose title, style, licence or rating hold all the WORDS."""
    from whisperwave.library import open_library

    with open_library() as clips:
        found = clips.search(" ".join(words))
    if as_json:
        say_json([_mapping(clip) for clip in found])
    elif found:
        _show(found)
    else:
        say(f"No clip has {' '.join(words)!r}.")


@library.command()
@click.argument("number", type=int)
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def delete(number: int, yes: bool, as_json: bool) -> None:
    """Take a clip that you added out of the library, for good."""
    from whisperwave.library import open_library

    with open_library() as clips:
        clip = clips.clip(number)
        if not yes and (as_json or not click.confirm(f"Delete clip {number}, {clip.title}?")):
            raise ConfigError(
                "NOT_CONFIRMED", f"Clip {number} was kept.", "Say --yes to delete it."
            )
        clip = clips.delete(number)
    if as_json:
        say_json(_mapping(clip))
    else:
        say(f"Clip {clip.number}, {clip.title}, is deleted.")


@library.command()
@click.argument("numbers", type=int, nargs=-1, required=True)
@click.option("--output", "-o", "folder", type=click.Path(path_type=Path), required=True,
              metavar="FOLDER", help="Where the files go; it must exist.")  # fmt: skip
@json_option
def export(numbers: tuple[int, ...], folder: Path, as_json: bool) -> None:
    """Write clips' own files into a FOLDER, as they were added."""
    from whisperwave.library import open_library

    with open_library() as clips:
        paths = [clips.export(number, folder) for number in numbers]
    if as_json:
        say_json([str(path) for path in paths])
    else:
        for path in paths:
            say(str(path))


@library.command()
@click.argument("number", type=int)
@json_option
def play(number: int, as_json: bool) -> None:
    """Play a clip through the loudspeakers."""
    from whisperwave.library import open_library
    from whisperwave.library.playing import play_aloud

    with open_library() as clips:
        clip, audio = clips.clip(number), clips.audio(number)
    if not as_json:
        say(f"Clip {clip.number}: {clip.title}, {clip.seconds:.1f} s.")
    play_aloud(audio)
    if as_json:
        say_json(_mapping(clip))


@library.command()
@json_option
def restore(as_json: bool) -> None:
    """Bring back a library whose catalogue is damaged or lost.

    The last daily copy takes its place; sounds that were added since are numbered anew. The damaged
    catalogue is kept aside.
    """
    from whisperwave.library.restoring import restore as restore_library

    done = restore_library()
    if as_json:
        say_json(
            {
                "copy": done.copy and str(done.copy),
                "aside": done.aside and str(done.aside),
                "recovered": [_mapping(clip) for clip in done.recovered],
                "unusable": [str(path) for path in done.unusable],
            }
        )
        return
    say(f"Restored from {done.copy}." if done.copy else "There was no copy; it was begun anew.")
    for clip in done.recovered:
        say(f"Clip {clip.number}: {clip.title}, {clip.seconds:.1f} s; its old title is lost.")
    for path in done.unusable:
        say(f"No sound any more: {path}")
    if done.aside:
        say(f"The damaged catalogue is kept: {done.aside}")


def _remark_all(notes: "tuple[str, ...]") -> None:
    for note in notes:
        remark(note)


def _mapping(clip: "Clip") -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(clip)


def _show(clips: "tuple[Clip, ...]") -> None:
    rows = [("no.", "title", "style", "seconds", "licence", "rating")]
    rows += [
        (str(c.number), c.title, c.style, f"{c.seconds:.1f}", c.licence, c.rating) for c in clips
    ]
    shown = [tuple(map(printable, row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    for row in shown:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        say("  ".join(cells).rstrip())
