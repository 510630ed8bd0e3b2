"""How far the sounds of a grid are from real sounds of their classes, which somebody names."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from whisperwave import modelfile
from whisperwave.errors import ConfigError
from whisperwave.generation.evaluation.heldout import sounds_for
from whisperwave.generation.evaluation.judges import judges
from whisperwave.generation.evaluation.protocol import subjects_of_set
from whisperwave.generation.grid import GridRequest, make_grid
from whisperwave.generation.grid.checkpoints import Checkpoint
from whisperwave.generation.grid.likeness import listeners
from whisperwave.generation.mastering import Mastering

RATE = 16_000
STYLES = ("hiss", "hum", "pulse")
PLAIN = Mastering(fade_in_seconds=0.0, fade_out_seconds=0.0)


@pytest.fixture
def data(starter_folder, tmp_path):
    """The starter clips as a folder with a sub-folder a class."""
    for path in starter_folder.glob("*.wav"):
        place = tmp_path / "real" / path.stem.partition("-")[0] / path.name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(path.read_bytes())
    return tmp_path / "real"


def request(class_path: Path, tmp_path: Path, **changes) -> GridRequest:
    fixed = {"seconds": 2.0, "threads": 1, "wide": False, "mastering": PLAIN}
    sources = changes.pop("sources", (str(class_path),))
    return GridRequest(sources, tmp_path / "grid", **fixed | changes)


def test_a_sound_is_as_far_from_its_class_as_the_style_evaluation_says(
    class_path, data, library, tmp_path
):
    grid = make_grid(request(class_path, tmp_path, data=data), library)
    file = modelfile.read(class_path)
    judge = judges(subjects_of_set(sounds_for(data, file)), RATE)["texture"]
    for cell in grid.cells:
        audio, _ = soundfile.read(grid.page.parent / cell.sound, dtype="float32")
        opinion = judge(audio)
        assert cell.likeness.distance == pytest.approx(opinion.distances[cell.style], rel=1e-3)
        assert cell.likeness.nearest == opinion.nearest
    told = json.loads((grid.page.parent / "grid.json").read_text("utf-8"))
    assert {each["class"]: each["class_distance"] for each in told["cells"]} == {
        each.style: each.likeness.distance for each in grid.cells
    }


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("fade", [0.0, 0.4])
def test_a_real_sound_is_nearest_to_its_class_with_or_without_fades(class_path, data, style, fade):
    columns = [Checkpoint("final", class_path)]
    mastering = Mastering(fade_in_seconds=fade, fade_out_seconds=fade)
    heard = listeners(data, columns, mastering)["final"]
    path = data / style / f"{style}-2.wav"
    audio, _ = soundfile.read(path)
    edge = np.minimum(np.arange(len(audio)), np.arange(len(audio))[::-1]) / (fade * RATE or 1)
    soundfile.write(path.with_name("faded.wav"), audio * np.minimum(1.0, edge)[:, None], RATE)
    found = [heard(path.with_name("faded.wav"), asked) for asked in STYLES]
    assert {each.nearest for each in found} == {style}
    assert min(found, key=lambda each: each.distance) == found[STYLES.index(style)]
    assert found[STYLES.index(style)].distance == pytest.approx(
        heard(path, style).distance, abs=0.35
    )


def test_the_page_tells_the_distance_and_the_class_that_is_nearer(
    class_path, data, library, tmp_path
):
    grid = make_grid(request(class_path, tmp_path, data=data), library)
    page = grid.page.read_text("utf-8")
    for cell in grid.cells:
        assert f"class {cell.likeness.distance:.2f}" in page
    nearer = [cell for cell in grid.cells if cell.likeness.nearest != cell.style]
    assert nearer  # of three classes that untrained weights play alike
    assert all(f"nearer to {cell.likeness.nearest}" in page for cell in nearer)
    assert "Behind “class”" in page
    assert "--data" not in page


def test_a_page_without_distances_says_how_to_have_them_and_nothing_is_made_anew(
    class_path, data, library, tmp_path
):
    bare = make_grid(request(class_path, tmp_path), library)
    page = bare.page.read_text("utf-8")
    assert "--data SET" in page
    assert "Behind" not in page
    assert "class_distance" not in (bare.page.parent / "grid.json").read_text("utf-8")
    again = make_grid(request(class_path, tmp_path, data=data), library)
    assert again.made == 0
    assert all(cell.likeness for cell in again.cells)


def test_a_model_of_clips_beside_one_of_classes_keeps_its_own_measure(
    class_path, model_path, data, library, tmp_path
):
    sources = (str(class_path), str(model_path))
    grid = make_grid(request(class_path, tmp_path, data=data, sources=sources), library)
    by_name = {
        name: [c for c in grid.cells if c.checkpoint == name] for name in ("classes", "tiny")
    }
    assert all(c.likeness and c.figures["style_distance"] is None for c in by_name["classes"])
    assert all(not c.likeness and c.figures["style_distance"] > 0 for c in by_name["tiny"])
    page = grid.page.read_text("utf-8")
    assert "Behind “style”" in page
    assert "Behind “class”" in page


def test_a_class_that_the_set_lacks_has_no_distance(class_path, data, library, tmp_path):
    for path in (data / "pulse").iterdir():
        path.unlink()
    grid = make_grid(request(class_path, tmp_path, data=data), library)
    assert {c.style: c.likeness.distance is None for c in grid.cells} == {
        "hiss": False, "hum": False, "pulse": True,
    }  # fmt: skip


@pytest.mark.parametrize("fault", ["stranger", "lone"])
def test_sounds_that_do_not_fit_are_refused_before_anything_is_made(
    class_path, data, library, tmp_path, fault
):
    if fault == "stranger":
        (data / "pulse").rename(data / "rain")
    else:
        for style in ("pulse", "hum"):
            (data / style).rename(tmp_path / style)
    with pytest.raises(ConfigError) as refusal:
        make_grid(request(class_path, tmp_path, data=data), library)
    assert refusal.value.code == {"stranger": "DATA_NEEDED", "lone": "TOO_FEW_CLASSES"}[fault]
    assert not (tmp_path / "grid").exists()
