"""``whisperwave library download``: public data sets, by speaker, ready to prepare."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from whisperwave.cli.progress import progress_bar
from whisperwave.cli.speech import json_option, remark, say, say_json

if TYPE_CHECKING:
    from whisperwave.library.downloads import Download, Downloaded

NAMES = ("nus48e", "vctk", "vocalset")


@click.command()
@click.argument("name", type=click.Choice(NAMES))
@click.option("--from", "origin", metavar="MIRROR|FOLDER",
              help="A mirror's address, or an archive or folder that you have.")  # fmt: skip
@click.option("--to", "folder", type=click.Path(path_type=Path), metavar="FOLDER",
              help="Where it goes.  [default: sets/NAME in your data folder]")  # fmt: skip
@click.option("--rate", type=int, help="Bring all sounds to this sample rate, in Hz.")
@click.option("--accept-licence", is_flag=True, help="You have read its licence and accept it.")
@click.option("--keep-archives", is_flag=True, help="Do not remove them at the end.")
@json_option
def download(
    name: str,
    origin: str | None,
    folder: Path | None,
    rate: int | None,
    accept_licence: bool,
    keep_archives: bool,
    as_json: bool,
) -> None:
    """Bring a public data set here, a folder for each speaker, with a listing.

    Its licence is shown and must be accepted. A download that was interrupted goes on where it was;
    a set that is here already is not asked for again. No other command opens a connection.
    """
    from whisperwave.library.downloads import Download
    from whisperwave.library.downloads import download as download_set
    from whisperwave.library.store import data_folder

    request = Download(
        name=name,
        folder=folder or data_folder() / "sets" / name,
        origin=origin,
        sample_rate=rate,
        is_licence_accepted=accept_licence,
        keeps_archives=keep_archives,
    )
    accepted = _with_licence(request, may_ask=not as_json)
    with progress_bar("Downloading", quiet=as_json) as progress:
        result = download_set(accepted, progress)
    if as_json:
        say_json(_mapping(result))
    else:
        _show(result)


def _with_licence(request: "Download", may_ask: bool) -> "Download":
    """Show the licence of what is not here yet, and ask, where somebody can answer."""
    import sys
    from dataclasses import replace

    from whisperwave.library import downloads

    if request.is_licence_accepted or not may_ask or downloads.is_here(request) is not None:
        return request
    chosen = downloads.find(request.name)
    remark(f"{chosen.title}: {chosen.page}")
    remark(f"Its licence: {chosen.licence}")
    remark(f"All of it: {chosen.licence_address}")
    is_accepted = sys.stdin.isatty() and click.confirm("Do you accept it?", err=True)
    return replace(request, is_licence_accepted=is_accepted)


def _mapping(result: "Downloaded") -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "listing": str(result.listing),
        "is_new": result.is_new,
        **asdict(result.manifest),
    }


def _show(result: "Downloaded") -> None:
    manifest = result.manifest
    known = "" if result.is_new else "It was here already: "
    say(f"{known}{manifest.files} files, {manifest.seconds / 3600:.1f} hours: {result.listing}")
    for code, count in manifest.counts.items():
        say(f"  {count:7} left out  {code}")
    for archive, digest in manifest.archives.items():
        if digest:
            say(f"  {archive}: SHA-256 {digest}")
