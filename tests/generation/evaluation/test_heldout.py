import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from whisperwave import modelfile, runtimes
from whisperwave.cli import main
from whisperwave.datasets import read_sounds
from whisperwave.errors import ConfigError, EngineError
from whisperwave.generation.evaluation import HeldOutEvaluation, evaluate_held_out, heldout
from whisperwave.generation.evaluation.foretelling import foretold
from whisperwave.modelfile import ModelFile

RATE = 16_000
SETTINGS = {"data": {"validation": 0.3, "trim_below_db": None}, "trainer": {"seed": 0}}


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for group, size in (("hiss", 0.1), ("hum", 0.02)):
        (tmp_path / "sounds" / group).mkdir(parents=True)
        for take in range(4):
            audio = size * rng.standard_normal(RATE)
            soundfile.write(tmp_path / "sounds" / group / f"{take}.wav", audio, RATE)
    return tmp_path / "sounds"


@pytest.fixture
def own_model(tiny_model: ModelFile, sounds: Path, tmp_path: Path) -> Path:
    """The tiny model, as if it had been trained on those sounds."""
    identity = dict(read_sounds(sounds, RATE, 0.3, 0, None).identity)
    file = replace(tiny_model, provenance={"data": identity, "seed": 0, "settings": SETTINGS})
    modelfile.write(tmp_path / "own.safetensors", file)
    return tmp_path / "own.safetensors"


def test_t7_both_splits_are_scored_and_the_gap_is_judged(own_model: Path, sounds: Path) -> None:
    result = evaluate_held_out(HeldOutEvaluation(str(own_model), sounds, seconds=0.3))
    train, held_out = result["splits"]["train"], result["splits"]["validation"]
    assert (train["excerpts"], held_out["excerpts"]) == (4, 4)
    assert result["gap"] == held_out["bits_per_sample"] - train["bits_per_sample"]
    assert result["verdict"].startswith("no gap")  # a network of chance knows neither
    assert 0.0 <= held_out["accuracy"] <= 0.1
    json.dumps(result, allow_nan=False)


def test_a_gap_that_is_wide_and_sure_is_over_fitting(
    own_model: Path, sounds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = {e.name for e in read_sounds(sounds, RATE, 0.3, 0, None).of("validation")}

    def row(_instrument: object, _sounds: object, excerpt: object, _seconds: float) -> dict:
        bits = 6.0 if excerpt.name in kept else 5.0
        return {"name": excerpt.name, "class": "", "bits": bits, "accuracy": 0.1}

    monkeypatch.setattr(heldout, "_row", row)
    result = evaluate_held_out(HeldOutEvaluation(str(own_model), sounds))
    assert result["gap"] == 1.0
    assert result["verdict"].startswith("over-fitting")


def test_on_the_sounds_of_others_a_gap_means_nothing(model_path: Path, sounds: Path) -> None:
    result = evaluate_held_out(HeldOutEvaluation(str(model_path), sounds, clips=2, seconds=0.2))
    assert not result["trained_on_these"]
    assert result["gap"] is None
    assert result["splits"]["validation"]["bits_per_sample"] > 0.0


def test_sounds_shorter_than_a_receptive_field_are_counted(own_model: Path, sounds: Path) -> None:
    file = modelfile.read(own_model)
    short = sounds / "hiss" / "0.wav"
    soundfile.write(short, 0.1 * np.ones(20), RATE)
    soundfile.write(sounds / "hiss" / "1.wav", 0.1 * np.ones(20), RATE)
    result = evaluate_held_out(HeldOutEvaluation(str(own_model), sounds, seconds=0.2))
    assert file.signature.receptive_field > 20
    assert sum(of["too_short"] for of in result["splits"].values()) == 2


def test_the_accuracy_is_that_of_the_likeliest_class(tiny_model: ModelFile) -> None:
    runtime = runtimes.load(tiny_model)
    guide = runtime.guide(np.zeros(4, np.float32), np.zeros((3, 9), np.float32))
    field = tiny_model.signature.receptive_field
    heard = np.zeros(field + 500, np.int32)
    for place in range(field, len(heard)):  # what the network itself would hold the likeliest
        if place % 2:
            heard[place] = runtime.logits(heard[: place + 1], guide)[place - 1].argmax()
        if place > field + 40:
            break
    heard = heard[: field + 40]
    found = foretold(runtime, heard, guide)
    logits = runtime.logits(heard, guide)[field - 1 : -1]
    assert found.accuracy == np.mean(logits.argmax(axis=1) == heard[field:])
    assert found.accuracy >= 0.5


def test_t7_the_listening_set_is_what_was_heard_and_what_is_played_along(
    own_model: Path, sounds: Path, tmp_path: Path
) -> None:
    place = tmp_path / "listen"
    request = HeldOutEvaluation(str(own_model), sounds, clips=2, seconds=0.1, listening=place)
    result = evaluate_held_out(request)
    names = {path.name for path in place.iterdir()}
    assert names == {f"0{n}-{kind}{end}" for n in (0, 1) for kind in ("heard", "played")
                     for end in (".wav", ".png")}  # fmt: skip
    assert [Path(each).name for each in result["listening"]][:2] == ["00-heard.wav",
                                                                     "00-played.wav"]  # fmt: skip
    heard, played = (soundfile.read(place / f"00-{kind}.wav")[0] for kind in ("heard", "played"))
    assert heard.shape == played.shape
    assert not np.array_equal(heard, played)
    assert b"AI-generated" not in (place / "00-heard.wav").read_bytes()
    assert b"AI-generated" in (place / "00-played.wav").read_bytes()


def test_a_model_of_classes_is_told_the_folder_s_name(tiny_model: ModelFile, sounds: Path) -> None:
    from whisperwave.generation.retelling import guide_along  # noqa: PLC0415 # what is tested

    named = replace(tiny_model, features={"style": {"classes": ["a", "hiss", "c", "d"]}})
    runtime = runtimes.load(named)
    audio = np.zeros(2000, np.float32)
    audio[::7] = 0.1
    assert guide_along(runtime, named, audio, "hiss").first.tolist()[:4] == [0, 1, 0, 0]
    with pytest.raises(EngineError, match=r"UNKNOWN_CLASS.*'hum'"):
        guide_along(runtime, named, audio, "hum")


def test_t7_the_command_prints_json_or_says_it(
    own_model: Path, sounds: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["evaluate", "model", str(own_model), "--data", str(sounds), "--seconds", "0.1"]
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["trained_on_these"]
    assert main(words) == 0
    spoken = capsys.readouterr().out
    assert "validation: " in spoken
    assert "Verdict: no gap" in spoken


def test_a_set_of_another_rate_is_refused_with_the_rate_to_prepare_at(
    own_model: Path, sounds: Path, tmp_path: Path
) -> None:
    place = str(tmp_path / "set")
    assert main(["prepare", str(sounds), "--output", place, "--rate", "8000"]) == 0
    with pytest.raises(ConfigError, match="8000 Hz") as refusal:
        evaluate_held_out(HeldOutEvaluation(str(own_model), Path(place)))
    assert refusal.value.code == "OTHER_RATE"
    assert "--rate 16000" in refusal.value.remedy
