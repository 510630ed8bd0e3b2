"""What went wrong in the projects before this one, and what happens here."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from tiny_runs import EXACT, TINY, make_sounds, state_of, train

from whisperwave.training.material.feeding import Feed
from whisperwave.training.material.preparation import build_network, prepare
from whisperwave.training.settings.hydra_app import compose
from whisperwave.training.settings.run import RunSettings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_sounds(tmp_path / "sounds")


def test_every_weight_learns_and_is_kept(folder: Path) -> None:
    """Blocks in a plain list: 83 % of the weights were never learned, and never saved."""
    path, _ = train(folder, *EXACT, "trainer.steps=3")
    before, after = (
        state_of(path.parent / f"checkpoints/step-000000{n}")["network"] for n in (0, 3)
    )
    network = build_network(RunSettings.from_mapping(compose(TINY)))
    assert after.keys() == dict(network.named_parameters()).keys()
    still = [name for name in after if torch.equal(before[name], after[name])]
    assert still == []


def test_no_track_is_lost_in_silence(folder: Path) -> None:
    """A threshold for silence dropped whole quiet tracks with a warning that nobody read."""
    time = np.arange(16000) / 16000
    soundfile.write(
        folder / "tone" / "quiet.wav", 0.001 * np.sin(2 * np.pi * 330 * time), 16000, "FLOAT"
    )
    soundfile.write(folder / "tone" / "nothing.wav", np.zeros(16000), 16000)
    _, lines = train(folder, "trainer.steps=1")
    told = next(line for line in lines if line["event"] == "prepared")
    assert (told["files"], told["refused"]) == (7, 1)
    (refused,) = [line for line in lines if line["event"] == "refused"]
    assert (refused["file"], refused["code"]) == ("tone/nothing.wav", "SILENT")


def test_a_batch_is_not_all_of_one_class(folder: Path) -> None:
    """One song was twenty batches in a row, of one genre each."""
    soundfile.write(folder / "tone" / "long.wav", 0.1 * np.sin(np.arange(160_000) / 9), 16000)
    settings = RunSettings.from_mapping(
        compose([*TINY, "data.style=classes", "model.conditioning_channels=2"])
    )
    _, prepared = prepare(folder, settings)
    crops = prepared.crops("train", range(800), 0)
    shares = [float(batch["style"][:, 0].mean()) for batch in Feed(crops, 8, 0, lambda _: None)]
    assert np.mean(shares) == pytest.approx(0.5, abs=0.06)  # however many minutes a class has
    assert np.mean([share in (0.0, 1.0) for share in shares]) < 0.1


def test_held_out_sound_is_looked_at_even_by_a_run_too_short_for_it(folder: Path) -> None:
    """Validation was never looked at, in one project because its call was commented out."""
    _, lines = train(folder, "trainer.steps=3", "trainer.validation_steps=500")
    (told,) = [line for line in lines if line["event"] == "validation"]
    assert told["step"] == 3


def test_a_stray_file_among_the_checkpoints_is_not_taken_for_one(folder: Path) -> None:
    """The newest file of a folder was taken, which was one that a file manager had left."""
    path, _ = train(folder, "trainer.steps=2")
    (path.parent / "checkpoints" / ".DS_Store").write_bytes(b"Bud1")
    (path.parent / "checkpoints" / "notes.txt").write_text("the good one is step 2")
    _, lines = train(folder, "trainer.steps=3")
    assert next(line for line in lines if line["event"] == "resumed")["step"] == 2
    assert not [line for line in lines if line["event"] == "passed_over"]


def test_where_a_run_lies_is_no_part_of_what_it_learns(folder: Path) -> None:
    """Data frames with the paths of one machine were pickled into checkpoints."""
    path, _ = train(folder, "trainer.steps=1")
    checkpoint = path.parent / "checkpoints" / "step-0000001"
    for name in ("state.pt", "model.safetensors"):
        assert str(folder).encode() not in (checkpoint / name).read_bytes()
    assert str(folder).encode() not in path.read_bytes()
