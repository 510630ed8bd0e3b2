"""Options that take several values after one flag: ``--input 3 7 12``.

The first WhisperWave's script took its clips that way. Click reads one value a flag, so a command
with greedy options has its words rewritten first, ``--input 3 --input 7 --input 12``; the repeated
form and ``--input=3`` are what Click reads anyway.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import click

_NUMBER = re.compile(r"-\d")


class GreedyOption(click.Option):
    """An option that takes every word up to the next flag."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"multiple": True, **kwargs})


class GreedyCommand(click.Command):
    """A command whose greedy options take several words; its arguments come before them."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read ``args`` as Click does, after `spread` has rewritten them."""
        greedy = {
            name
            for option in self.params
            if isinstance(option, GreedyOption)
            for name in option.opts
        }
        return super().parse_args(ctx, list(spread(args, greedy)))


def spread(words: Iterable[str], greedy: set[str]) -> Iterator[str]:
    """Repeat a greedy flag before each of its values.

    A word that starts with a dash ends the values, unless a number follows the dash: ``-3`` is a
    value, and the option's own check refuses it by name.
    """
    flag, fresh = "", False
    for word in words:
        if word.startswith("-") and not _NUMBER.match(word):
            name = word.partition("=")[0]
            flag, fresh = (name if name in greedy else ""), word in greedy
            yield word
        elif flag and not fresh:
            yield from (flag, word)
        else:
            fresh = False
            yield word
