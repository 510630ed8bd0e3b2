"""Grids: every class of every checkpoint, each cell the piece that it is alone."""

import json
import pickle
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest
import soundfile

from whisperwave.errors import ConfigError, OutputError
from whisperwave.generation import ClassName, Length, Request, generate
from whisperwave.generation.grid import GridRequest, make_grid
from whisperwave.generation.grid import cells as kept_cells
from whisperwave.generation.grid.checkpoints import Checkpoint
from whisperwave.generation.grid.playing import Model
from whisperwave.workers import Processes

SECONDS = 0.1


@pytest.fixture
def asked(run_folder, tmp_path):
    """A grid of three classes and two checkpoints."""

    def request(**changes):
        fixed = {"checkpoints": ("10", "20"), "seconds": SECONDS, "threads": 1}
        sources = changes.pop("sources", (str(run_folder),))
        return GridRequest(sources, tmp_path / "grid", **fixed | changes)

    return request


def sounds(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("sounds/*.flac"))}


def test_every_class_of_every_checkpoint_is_made(asked, library):
    grid = make_grid(asked(), library)
    assert {(each.style, each.checkpoint) for each in grid.cells} == {
        (style, step) for style in ("hiss", "hum", "pulse") for step in ("step 10", "step 20")
    }
    assert (grid.made, grid.missing) == (6, ())
    folder = grid.page.parent
    for cell in grid.cells:
        assert soundfile.info(folder / cell.sound).frames == 16_000 * SECONDS
        assert (folder / cell.picture).read_bytes().startswith(b"\x89PNG")
        assert cell.seconds > 0
    assert json.loads((folder / "grid.json").read_text("utf-8")) == grid.as_mapping()


@pytest.mark.parametrize("at_once", [1, 2, 16])
def test_a_cell_is_the_piece_that_is_made_alone(asked, library, run_folder, tmp_path, at_once):
    grid = make_grid(asked(at_once=at_once), library)
    for cell in grid.cells:
        step = cell.checkpoint.removeprefix("step ")
        alone = Request(
            ClassName(cell.style),
            tmp_path / "alone.flac",
            Length(SECONDS),
            seed=1,
            model=str(run_folder / f"checkpoints/step-{int(step):07d}/model.safetensors"),
        )
        generate(alone, library)
        assert alone.output.read_bytes() == (grid.page.parent / cell.sound).read_bytes()


def test_a_model_of_clips_has_a_grid_too(asked, library, model_path):
    grid = make_grid(asked(sources=(str(model_path),), wide=False), library)
    assert [(each.style, each.checkpoint) for each in grid.cells] == [
        ("hiss", "tiny"), ("hum", "tiny"), ("pulse", "tiny"),
    ]  # fmt: skip
    assert all(each.figures["style_distance"] > 0 for each in grid.cells)


def test_other_processes_make_the_same_sounds(asked, library, model_path, run_folder):
    """And not one of them opens the library: they are lent its clips."""
    sources = (str(run_folder), str(model_path))
    here = make_grid(asked(sources=sources, checkpoints=("10",)), library)
    whole = sounds(here.page.parent)
    shutil.rmtree(asked().folder)
    there = make_grid(
        asked(sources=sources, checkpoints=("10",), at_once=2), library, workers=Processes(1)
    )
    assert (there.made, there.missing) == (6, ())
    assert sounds(there.page.parent) == whole


def test_who_is_sent_a_model_plays_it_with_the_precision_chosen_here(model_path):
    sent = Model(Checkpoint("tiny", model_path), "native", "auto")
    assert pickle.loads(pickle.dumps(sent)).precision == sent.instrument.runtime.precision


def test_what_is_there_is_not_made_again(asked, library):
    first = make_grid(asked(checkpoints=("10",)), library)
    before = {p: p.stat().st_mtime_ns for p in (first.page.parent / "sounds").iterdir()}
    second = make_grid(asked(), library)
    assert second.made == 3
    assert all(path.stat().st_mtime_ns == then for path, then in before.items())
    assert {each.sound for each in first.cells} < {each.sound for each in second.cells}


@pytest.mark.parametrize(
    "change",
    [{"seed": 2}, {"seconds": 0.2}, {"wide": False}, {"precision": "float32"}, {"suffix": ".wav"}],
)
def test_a_cell_of_something_else_is_another_cell(asked, library, change):
    first = make_grid(asked(classes=("hum",)), library)
    second = make_grid(asked(classes=("hum",), **change), library)
    same = change.get("precision") == "float32"  # it is what "auto" was
    assert (second.made == 0) == same
    assert ({c.sound for c in first.cells} == {c.sound for c in second.cells}) == same


@pytest.mark.parametrize("damage", ["sound", "figures", "picture", "other key"])
def test_a_damaged_cell_is_made_again(asked, library, damage):
    first = make_grid(asked(), library)
    sound = first.page.parent / first.cells[2].sound
    whole = sounds(first.page.parent)
    if damage == "sound":
        sound.write_bytes(sound.read_bytes()[:-1])
    elif damage == "picture":
        sound.with_suffix(".png").unlink()
    elif damage == "figures":
        sound.with_suffix(".json").write_text("{")
    else:
        figures = json.loads(sound.with_suffix(".json").read_text())
        sound.with_suffix(".json").write_text(json.dumps(figures | {"key": "0" * 64}))
    second = make_grid(asked(), library)
    assert second.made == 1
    assert sounds(first.page.parent) == whole


def test_stopped_in_the_middle_it_keeps_what_is_finished_and_goes_on(asked, library, monkeypatch):
    whole = sounds(make_grid(asked(), library).page.parent)
    shutil.rmtree(asked().folder)
    left = iter(range(4))
    keep = kept_cells.keep

    def stopped(*arguments):
        if next(left, None) is None:
            raise KeyboardInterrupt
        return keep(*arguments)

    monkeypatch.setattr(kept_cells, "keep", stopped)
    with pytest.raises(KeyboardInterrupt):
        make_grid(asked(), library)
    page = (asked().folder / "index.html").read_text("utf-8")
    assert page.count("<audio") == 4
    monkeypatch.setattr(kept_cells, "keep", keep)
    again = make_grid(asked(), library)
    assert again.made == 2
    assert sounds(asked().folder) == whole


def test_a_damaged_checkpoint_costs_its_column_alone(asked, library, run_folder, tmp_path):
    shutil.copytree(run_folder, tmp_path / "run")
    broken = tmp_path / "run/checkpoints/step-0000010/model.safetensors"
    broken.write_bytes(broken.read_bytes()[:-7])
    grid = make_grid(asked(sources=(str(tmp_path / "run"),)), library)
    assert {each.checkpoint for each in grid.cells} == {"step 20"}
    (missing,) = grid.missing
    assert (missing.style, missing.checkpoint) == ("", "step 10")
    assert missing.error.code in grid.page.read_text("utf-8")


def test_an_unknown_class_costs_its_row_alone(asked, library):
    grid = make_grid(asked(classes=("hum", "moo")), library)
    assert len(grid.cells) == 2
    assert [(each.style, each.error.code) for each in grid.missing] == [
        ("moo", "UNKNOWN_CLASS")
    ] * 2


def test_a_disk_that_refuses_ends_it(asked, library):
    asked().folder.write_bytes(b"")
    with pytest.raises(OutputError):
        make_grid(asked(), library)


def test_numbers_out_of_range_are_refused(asked):
    for change in ({"at_once": 0}, {"seconds": 0.0}, {"seconds": 1e9}):
        with pytest.raises(ConfigError):
            asked(**change)


def test_progress_counts_the_cells(asked, library):
    told = []
    make_grid(asked(), library, lambda done, total: told.append((done, total)))
    assert told == [(n, 6) for n in range(1, 7)]


class Table(HTMLParser):
    """What a page plays and shows."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.sources: list[str] = []
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("audio", "img"):
            self.sources.append(str(dict(attrs)["src"]))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_page_plays_and_shows_every_cell(asked, library):
    grid = make_grid(asked(), library)
    page = Table(grid.page.read_text("utf-8"))
    assert sorted(page.sources) == sorted(
        [cell.sound for cell in grid.cells] + [cell.picture for cell in grid.cells]
    )
    assert all((grid.page.parent / source).exists() for source in page.sources)
    assert {"hiss", "hum", "pulse", "step 10", "step 20", "mean"} <= set(page.words)
