"""At each look at held-out sound a run leaves something to hear and its curves to see."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from tiny_runs import make_sounds, train

from whisperwave.training.artefacts import previews


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_sounds(tmp_path / "sounds")


WORDS = ("trainer.steps=4", "trainer.report_steps=1", "trainer.validation_steps=2",
         "trainer.preview_seconds=0.25")  # fmt: skip


@pytest.mark.parametrize(
    "form", [(), ("data.prediction_order=16",), ("model.control_channels=0",),
             ("data.style=classes", "model.conditioning_channels=2")]
)  # fmt: skip
def test_t6_a_preview_plays_what_the_network_is_told(folder: Path, form: tuple[str, ...]) -> None:
    _, lines = train(folder, *WORDS, *form)
    told = [line["files"] for line in lines if line["event"] == "preview"]
    assert [Path(files[0]).name for files in told] == ["step-0000002.wav", "step-0000004.wav"]
    audio, rate = soundfile.read(told[1][0])
    assert (len(audio), rate) == (4000, 16000)
    assert np.abs(audio).max() > 0.0
    assert Path(told[1][1]).read_bytes().startswith(b"\x89PNG")


def test_t6_the_curves_of_the_run_are_drawn_in_its_folder(folder: Path) -> None:
    path, _ = train(folder, *WORDS)
    drawn = {each.name for each in (path.parent / "report").rglob("*.png")}
    assert {"loss.png", "learning-rate.png", "speed.png"} <= drawn


def test_a_preview_that_fails_is_told_of_and_the_run_goes_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(previews, "write_sound", full)
    path, lines = train(folder, *WORDS)
    assert path.is_file()
    assert sum(line["event"] == "preview_failed" for line in lines) == 2


def test_without_seconds_there_is_no_preview(folder: Path) -> None:
    path, _ = train(folder, *WORDS, "trainer.preview_seconds=0")
    assert not (path.parent / "previews").exists()
