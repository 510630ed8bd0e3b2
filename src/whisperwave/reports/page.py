"""A static page: words, tables, pictures and players in one folder, to be opened without a server.

Pieces are put on a `Page` one after the other and written at the end. Every text is escaped; only
an `Html` made here is markup.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from whisperwave.library import durable
from whisperwave.reports.canvas import Canvas

INDEX = "index.html"
NUMBERS = "report.json"
"""A report's numbers, beside its page."""

_STYLE = """
:root { color-scheme: light; }
body { background: #fbfaf9; color: #33363f; font: 16px/1.5 system-ui, sans-serif;
  margin: 2rem auto; max-width: 76rem; padding: 0 1.5rem; }
h1, h2 { font-weight: 600; line-height: 1.25; }
h2 { margin-top: 2.5rem; }
p, figcaption { max-width: 46rem; }
figure { margin: 1.5rem 0; }
figcaption { color: #5b5f6b; font-size: .93em; }
img { height: auto; max-width: 100%; }
audio { display: block; width: 13rem; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { border-bottom: 1px solid #dbdbde; padding: .35rem .9rem .35rem 0; text-align: left;
  vertical-align: top; }
th { font-weight: 600; }
.wide { overflow-x: auto; }
"""


@dataclass(frozen=True)
class Html:
    """Markup that may stand on a page as it is."""

    source: str


Piece = str | Html
"""What stands in a paragraph or a table's cell: text, or markup."""


def picture(address: str, words: str, width: int | None = None) -> Html:
    """A picture that lies in the page's folder; ``words`` say what it shows."""
    size = f' width="{width}"' if width else ""
    return Html(f'<img src="{quote(address)}" alt="{escape(words)}"{size} loading="lazy">')


def player(address: str, words: str) -> Html:
    """A player of a sound file that lies in the page's folder."""
    return Html(
        f'<audio controls preload="none" src="{quote(address)}" title="{escape(words)}"></audio>'
    )


def link(address: str, words: str) -> Html:
    """A way to another file in the page's folder."""
    return Html(f'<a href="{quote(address)}">{escape(words)}</a>')


def together(*pieces: Piece) -> Html:
    """Several pieces as one, under each other."""
    return Html("<br>".join(_source(piece) for piece in pieces))


class Page:
    """A page in the making.

    Args:
        title: its first heading.
        lead: what it is, in a sentence or two.
    """

    def __init__(self, title: str, lead: Piece = "") -> None:
        self._title = title
        self._parts: list[str] = []
        self._pictures: dict[str, bytes] = {}
        if lead:
            self.paragraph(lead)

    def heading(self, text: str) -> None:
        """Begin a section."""
        self._parts.append(f"<h2>{escape(text)}</h2>")

    def paragraph(self, *pieces: Piece) -> None:
        """Put text on the page."""
        self._parts.append(f"<p>{' '.join(_source(piece) for piece in pieces)}</p>")

    def table(self, header: Sequence[Piece], rows: Iterable[Sequence[Piece]]) -> None:
        """Put a table on the page; the first cell of each row names it."""
        head = "".join(f'<th scope="col">{_source(cell)}</th>' for cell in header)
        body = "".join(_row(row) for row in rows)
        self._parts.append(
            f'<div class="wide"><table><thead><tr>{head}</tr></thead>\n'
            f"<tbody>{body}</tbody></table></div>"
        )

    def facts(self, facts: Mapping[str, Piece]) -> None:
        """Put named facts on the page, one a line."""
        rows = "".join(_row(fact) for fact in facts.items())
        self._parts.append(f"<table><tbody>{rows}</tbody></table>")

    def figure(self, name: str, canvas: Canvas, caption: str) -> None:
        """Put a picture on the page, which is written as ``name`` beside it."""
        self._pictures[name] = canvas.encode()
        width = canvas.pixels.shape[1]
        self._parts.append(
            f"<figure>{picture(name, caption, width).source}"
            f"<figcaption>{escape(caption)}</figcaption></figure>"
        )

    @property
    def pictures(self) -> tuple[str, ...]:
        """The names of its figures."""
        return tuple(self._pictures)

    def write(self, folder: Path) -> Path:
        """Write the pictures and then the page, each whole or not at all; returns the page's path.

        Args:
            folder: is made if need be.

        Raises:
            OutputError: it cannot be written.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise durable.explain(error, folder) from error
        for name, data in self._pictures.items():
            durable.write_bytes(folder / name, data)
        path = folder / INDEX
        durable.write_bytes(path, self.source().encode("utf-8"))
        return path

    def source(self) -> str:
        """The page as HTML."""
        title, parts = escape(self._title), "\n".join(self._parts)
        return (
            '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{title}</title>\n<style>{_STYLE}</style></head>\n"
            f"<body><h1>{title}</h1>\n{parts}\n</body>\n</html>\n"
        )


def write_report(page: Page, numbers: Mapping[str, Any], folder: Path) -> Path:
    """Write a report's page with its pictures, and its numbers; returns the page's path.

    Raises:
        OutputError: it cannot be written.
    """
    path = page.write(folder)
    text = json.dumps(numbers, indent=1, allow_nan=False)
    durable.write_bytes(folder / NUMBERS, text.encode("utf-8"))
    return path


def _row(cells: Sequence[Piece]) -> str:
    name, *others = (_source(cell) for cell in cells)
    rest = "".join(f"<td>{cell}</td>" for cell in others)
    return f'<tr><th scope="row">{name}</th>{rest}</tr>\n'


def _source(piece: Piece) -> str:
    return piece.source if isinstance(piece, Html) else escape(piece)
