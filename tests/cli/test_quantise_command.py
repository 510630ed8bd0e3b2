import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from whisperwave import modelfile
from whisperwave.cli import main
from whisperwave.generation import quantising


@pytest.fixture
def path(model_path, tmp_path):
    return shutil.copy(model_path, tmp_path / "tiny.safetensors")


def test_a_person_is_told_what_each_precision_costs_and_where_it_is(path, own_clips, capsys):
    assert main(["quantise", str(path), "--input", *own_clips]) == 0
    spoken = capsys.readouterr()
    first, second, third = spoken.out.splitlines()
    file = modelfile.read(path)
    for line, (name, cost) in zip((first, second), file.precisions.items(), strict=True):
        assert line == (
            f"{name} costs {cost.bits:.4f} bits per sample: {cost.bits_before:.4f} before, "
            f"{cost.bits_after:.4f} after, on 1 clips."
        )
    assert third == str(path)
    assert spoken.err == ""


def test_a_program_gets_one_object(path, own_clips, tmp_path, capsys):
    other = tmp_path / "other.safetensors"
    before = path.read_bytes()
    words = ["quantise", str(path), "--output", str(other), "--json", "--input", *own_clips]
    assert main(words) == 0
    told = json.loads(capsys.readouterr().out)
    file, found = modelfile.read_verified(other)
    assert (told["output"], told["digest"]) == (str(other), found.digest)
    int8 = told["precisions"]["int8"]
    assert int8["cost_bits"] == int8["bits_after"] - int8["bits_before"]
    assert int8["tolerance"] == file.exam.tolerances["int8"]
    assert path.read_bytes() == before


def test_a_cost_that_is_a_bug_is_remarked(path, own_clips, monkeypatch, capsys):
    def dear(request, library, progress):
        file = modelfile.read(path)
        cost = modelfile.Cost(4.0, 4.5, clips=1, samples=1)
        return quantising.Quantised(path, "0" * 64, replace(file, precisions={"int8": cost}))

    monkeypatch.setattr(quantising, "quantise", dear)
    assert main(["quantise", str(path), "--input", *own_clips]) == 0
    spoken = capsys.readouterr()
    assert "int8 costs 0.5000 bits" in spoken.out
    assert "more than 0.01 bits: int8 is only played when asked for by name" in spoken.err


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["calm"], 2, "SHIPPED_MODEL"),
        (["clam"], 5, "NO_SUCH_MODEL"),
        ([], 2, "USAGE"),
    ],
)
def test_what_cannot_be_quantised_is_refused_with_its_kind_of_exit_code(words, code, text, capsys):
    assert main(["quantise", *words]) == code
    assert capsys.readouterr().err.startswith(text)


def test_one_pick_is_refused(path, own_clips, capsys):
    assert main(["quantise", str(path), "--input", own_clips[0]]) == 2
    assert capsys.readouterr().err.startswith("TWO_CLIPS_NEEDED")


@pytest.fixture
def genres(class_path, tmp_path):
    """A model of three classes that no library has, and sounds of them."""
    folder = tmp_path / "genres"
    for seed, genre in enumerate(("folk", "metal", "techno")):
        (folder / genre).mkdir(parents=True)
        for take in range(4):
            audio = 0.1 * np.random.default_rng([seed, take]).standard_normal(8000)
            soundfile.write(folder / genre / f"{take}.wav", audio, 16000)
    file = modelfile.read(class_path)
    named = replace(file, features={"style": {"classes": ["folk", "metal", "techno"]}})
    modelfile.write(tmp_path / "genres.safetensors", named)
    return tmp_path / "genres.safetensors", folder


def test_a_model_of_its_own_classes_is_calibrated_on_sounds_of_them(genres, capsys):
    model, folder = genres
    assert main(["quantise", str(model), "--data", str(folder), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["precisions"]["int8"]
    assert told["clips"] == 3  # one of each class is kept aside
    file = modelfile.read(model)
    assert file.calibration
    assert set(file.precisions) == {"bfloat16", "int8"}


def test_without_sounds_of_its_classes_it_says_what_to_give(genres, capsys):
    model, _ = genres
    assert main(["quantise", str(model)]) == 2
    refusal = capsys.readouterr().err
    assert refusal.startswith("DATA_NEEDED")
    assert "folk, metal, techno" in refusal
    assert "--data" in refusal


def test_sounds_with_nothing_kept_aside_are_refused(genres, tmp_path, capsys):
    model, folder = genres
    whole = str(tmp_path / "whole-set")
    assert (
        main(["prepare", str(folder), "--output", whole, "--validation", "0", "--test", "0"]) == 0
    )
    assert main(["quantise", str(model), "--data", whole]) == 2
    assert "TWO_CLIPS_NEEDED" in capsys.readouterr().err


def test_clips_and_a_data_set_at_once_are_refused(genres, capsys):
    model, folder = genres
    assert main(["quantise", str(model), "--data", str(folder), "--input", "1", "2"]) == 2
    assert capsys.readouterr().err.startswith("USAGE")
