"""Rows of numbers as a table for a reader, on a terminal or on a page."""

from collections.abc import Callable, Mapping, Sequence
from math import floor, log10
from typing import Any, NamedTuple

Row = Mapping[str, Any]


class Column(NamedTuple):
    """A heading, and what stands under it for a row."""

    heading: str
    cell: Callable[[Row], str]
    is_text: bool = False


def text(heading: str, name: str) -> Column:
    """A column of words."""
    return Column(heading, lambda row: str(row[name]), is_text=True)


def number(heading: str, name: str, scale: float = 1, unit: str = "") -> Column:
    """A column of numbers; one that was not measured is a dash."""
    return Column(
        heading, lambda row: "–" if row[name] is None else significant(scale * row[name]) + unit
    )


def significant(value: float) -> str:
    """All digits before the point, and three that count in all where there are fewer."""
    if isinstance(value, int) or value == 0:
        return f"{int(value):,}"
    return f"{value:,.{max(0, 2 - floor(log10(abs(value))))}f}"


def aligned(columns: Sequence[Column], rows: Sequence[Row]) -> str:
    """For a terminal."""
    lines = [[each.heading for each in columns], *_cells(columns, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column.is_text else cell.rjust(width)
            for cell, width, column in zip(line, widths, columns, strict=True)
        ).rstrip()
        for line in lines
    )


def markdown(columns: Sequence[Column], rows: Sequence[Row]) -> str:
    """For a page."""
    lines = [[each.heading for each in columns], ["---" if c.is_text else "--:" for c in columns]]
    lines += _cells(columns, rows)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cells(columns: Sequence[Column], rows: Sequence[Row]) -> list[list[str]]:
    return [[each.cell(row) for each in columns] for row in rows]
