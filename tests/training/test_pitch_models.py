"""Networks that are told which note to play how loud."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from tiny_runs import make_sounds, train

from whisperwave import modelfile, runtimes
from whisperwave.dsp.pitch_controls import SETTINGS, pitch_controls
from whisperwave.errors import ConfigError, EngineError
from whisperwave.generation.evaluation import HeldOutEvaluation, evaluate_held_out
from whisperwave.generation.retelling import play_along

PITCH = ("data.controls=pitch", "model.control_channels=3", "data.prediction_order=null")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_sounds(tmp_path / "sounds")


def test_a_network_told_pitch_and_loudness_learns_previews_and_is_evaluated(folder: Path) -> None:
    path, lines = train(folder, *PITCH, "trainer.steps=20", "trainer.preview_seconds=0.1")
    assert [line["event"] for line in lines].count("preview") == 1
    model = modelfile.read(path)
    port = model.signature.port("control")
    assert (port.name, port.channels, port.rate) == ("pitch", 3, 40)
    assert model.signature.port("predictor") is None
    assert model.features["pitch"] == SETTINGS
    assert max(runtimes.sit_exam(model, runtimes.load(model)).values()) < 1e-4
    result = evaluate_held_out(HeldOutEvaluation(str(path), folder, clips=2, seconds=0.2))
    assert result["splits"]["validation"]["bits_per_sample"] < 6.2


def test_the_controls_reach_the_network_that_plays_along(folder: Path) -> None:
    path, _ = train(folder, *PITCH, "trainer.steps=2")
    model = modelfile.read(path)
    tone, _ = soundfile.read(folder / "tone" / "0.wav", dtype="float32")
    runtime = runtimes.load(model)
    played = play_along(runtime, model, tone[:2000], "tone")
    silent = play_along(runtime, model, 0.0 * tone[:2000] + 1e-6, "tone")
    assert played.shape == (2000,)
    assert not np.array_equal(played, silent)
    told = pitch_controls(tone, 16000, 40)
    assert np.abs(told[0, 50:-50] - np.log2(200 / 220) / 2).max() < 0.02


def test_as_many_controls_as_pitch_has_are_needed(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"takes 6 controls.*model.control_channels=3"):
        train(folder, "trainer.steps=1", "data.controls=pitch")
    with pytest.raises(ConfigError, match=r"data.controls='midi'"):
        train(folder, "trainer.steps=1", "data.controls=midi")


def test_clips_cannot_be_composed_of_pitch_yet_and_that_is_said(
    folder: Path, own_clips: list[str]
) -> None:
    from whisperwave.generation import Length, Picks, Request, generate  # noqa: PLC0415 # late

    path, _ = train(folder, *PITCH, "trainer.steps=1")
    request = Request(
        Picks.parse(own_clips), folder.parent / "out.wav", Length(seconds=1.0), seed=1,
        model=str(path),
    )  # fmt: skip
    with pytest.raises(EngineError, match=r"OTHER_CONTROLS.*evaluate model"):
        generate(request)
