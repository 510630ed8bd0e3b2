"""Write docs/reference/cli.md from the command tree; --check only says if it is current."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from whisperwave.cli.entry import root

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "cli.md"
HEAD = """# Command line

Written by `make fix` from the commands themselves; a test holds the two equal.

Results go to standard output; progress, notes and errors go to standard error. With `--json` a
command prints one JSON object, and an error is one too. The exit code says what kind of error it
was: 2 a wrong word on the command line, 3 a sound file, 4 the library, 5 a model file, 6 the
engine, 7 training, 8 the output, 9 a download, 11 those who share the work, 1 anything else,
130 Ctrl-C.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *sections(root, ("whisperwave",))])


def sections(command: click.Command, words: tuple[str, ...]) -> Iterator[str]:
    """One section for a command, then those of its subcommands."""
    context = click.Context(command, info_name=" ".join(words), terminal_width=78)
    heading = "#" * (len(words) + 1)
    yield f"{heading} {' '.join(words)}\n\n```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            yield from sections(command.commands[name], (*words, name))


def main() -> int:
    """Write the page, or compare it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    if not parser.parse_args().check:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(page(), encoding="utf-8")
        return 0
    if PAGE.read_text(encoding="utf-8") == page():
        return 0
    print(f"{PAGE.name} is not current; run: make fix")
    return 1


if __name__ == "__main__":
    sys.exit(main())
