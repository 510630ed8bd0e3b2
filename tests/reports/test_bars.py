from pathlib import Path

import numpy as np
import pytest

from whisperwave.errors import OutputError
from whisperwave.reports import bars, colours, lettering
from whisperwave.reports.bars import MOST_BARS, write_bars_png


@pytest.fixture
def lengths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Draws bars and measures them in the picture, in pixels, from the first to the last."""
    drawn: list[np.ndarray] = []
    monkeypatch.setattr(
        "whisperwave.reports.canvas.png.encode", lambda pixels: drawn.append(pixels) or b""
    )

    def measure(amounts: list[tuple[str, float]]) -> list[int]:
        write_bars_png(tmp_path / "bars.png", amounts, "minutes")
        paper = np.rint(255 * np.array(colours.PAPER)).astype(int)
        pixels = drawn[-1][:, bars._LEFT :].astype(int)
        lines = pixels[bars._TOP + bars._LINE // 2 :: bars._LINE][: len(amounts)]
        ends = [np.flatnonzero(np.ptp(line - paper, axis=-1) > 20) for line in lines]
        return [end[-1] + 1 if end.size else 0 for end in ends]

    return measure


def test_a_bar_is_as_long_as_its_amount(lengths):
    long, half, none = lengths([("rock", 200.0), ("jazz", 100.0), ("noise", 0.0)])
    assert long == bars._WIDTH - bars._LEFT - bars._RIGHT
    assert half == pytest.approx(long / 2, abs=1)
    assert none == 0


def test_no_amounts_are_a_picture_too(lengths):
    assert lengths([]) == []
    assert lengths([("nothing", 0.0)]) == [0]


def test_what_does_not_fit_is_drawn_as_one(lengths):
    many = [(f"class {n}", 1.0) for n in range(MOST_BARS + 9)]
    drawn = lengths(many)[:MOST_BARS]
    assert drawn[-1] == max(drawn) == pytest.approx(10 * drawn[0], abs=5)


@pytest.mark.parametrize("name", ["x" * 5000, "Ünïcødé – 音楽 / 1999", "\x1b[2J\n", ""])
def test_any_name_can_be_drawn(lengths, name):
    assert lengths([(name, 1.0)])[0] > 0


def test_what_the_font_lacks_is_a_box_and_accents_go():
    assert lettering.writable("Müßiggång 音\n") == "Mussiggang □□"


def test_every_letter_of_ascii_text_can_be_written():
    for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789":
        shapes, width = lettering.strokes(letter)
        assert shapes
        assert np.concatenate(shapes)[:, 0].max() <= width + 0.15


def test_a_picture_that_cannot_be_written_says_so(tmp_path):
    with pytest.raises(OutputError):
        write_bars_png(tmp_path / "none" / "bars.png", [("a", 1.0)], "minutes")
