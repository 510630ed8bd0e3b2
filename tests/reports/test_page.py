from html.parser import HTMLParser
from pathlib import Path

import pytest

from whisperwave.errors import OutputError
from whisperwave.reports.canvas import Canvas
from whisperwave.reports.page import Page, link, picture, player, together

HOSTILE = '<script>alert("x")</script> & "quoted" \''


class Seen(HTMLParser):
    """The tags of a page with their attributes, and its words."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def test_no_text_becomes_markup() -> None:
    page = Page(HOSTILE, HOSTILE)
    page.heading(HOSTILE)
    page.paragraph(HOSTILE, HOSTILE)
    page.table([HOSTILE], [[HOSTILE, HOSTILE]])
    page.facts({HOSTILE: HOSTILE})
    page.figure("a.png", Canvas(4, 4), HOSTILE)
    page.paragraph(player("a.wav", HOSTILE), picture("b.png", HOSTILE), link("c", HOSTILE))
    seen = Seen(page.source())
    assert not seen.all("script")
    assert seen.words.count(HOSTILE) == 11  # title, heading twice, and so on: all as they were
    assert [each["alt"] for each in seen.all("img")] == [HOSTILE, HOSTILE]


def test_addresses_of_odd_names_lead_to_their_files() -> None:
    seen = Seen(f"{player('hip hop #1.wav', '').source}{picture('a?b.png', '').source}")
    assert seen.all("audio")[0]["src"] == "hip%20hop%20%231.wav"
    assert seen.all("img")[0]["src"] == "a%3Fb.png"


def test_pieces_stand_under_each_other() -> None:
    assert together("a<b", player("x.wav", "x")).source.startswith("a&lt;b<br><audio")


def test_a_page_is_written_with_its_pictures(tmp_path: Path) -> None:
    page = Page("A page")
    page.figure("curve.png", Canvas(30, 20), "a curve")
    path = page.write(tmp_path / "new" / "folder")
    assert sorted(each.name for each in path.parent.iterdir()) == ["curve.png", "index.html"]
    assert (path.parent / "curve.png").read_bytes().startswith(b"\x89PNG")
    assert Seen(path.read_text("utf-8")).all("img")[0]["width"] == "30"


def test_a_page_names_its_pictures() -> None:
    page = Page("A page")
    page.figure("one.png", Canvas(3, 2), "one")
    page.figure("two.png", Canvas(3, 2), "two")
    assert page.pictures == ("one.png", "two.png")


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "taken").write_bytes(b"")
    with pytest.raises(OutputError) as refusal:
        Page("A page").write(tmp_path / "taken")
    assert str(tmp_path / "taken") in str(refusal.value)
