import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from whisperwave.cli import main
from whisperwave.datasets import read_prepared


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    for number in range(6):
        (tmp_path / "rain").mkdir(exist_ok=True)
        noise = 0.1 * np.random.default_rng(number).standard_normal(16_000)
        soundfile.write(tmp_path / "rain" / f"{number}.wav", noise, 16_000)
    return tmp_path / "rain"


def prepared(*words: str) -> int:
    return main(["prepare", *words, "--workers", "0"])


def test_a_folder_becomes_a_set_and_its_minutes_are_said(sounds, tmp_path, capsys):
    assert prepared(str(sounds), "--output", str(tmp_path / "set")) == 0
    assert "6 files, 0 left out; set 1, digest" in capsys.readouterr().out
    assert read_prepared(tmp_path / "set", verify=True).name == "set"


def test_every_option_reaches_the_recipe(sounds, tmp_path, capsys):
    words = f"""{sounds} -o {tmp_path / "set"} --rate 8000 --channels 2 --level peak
    --silence trim --below-db 30 --segment 0.5 --hop 0.25 --split span --validation 0.2 --test 0.3
    --seed 4 --features f0,loudness --name drops --version 2.1 --predict 0.wav 1.wav --json"""
    assert prepared(*words.split()) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["name"], said["version"], said["sample_rate"]) == ("drops", "2.1", 8000)
    assert said["splits"]["predict"]["excerpts"] == 2
    recipe = read_prepared(tmp_path / "set").recipe
    source = recipe["sources"][0]
    assert (source["silence"], source["below_db"]) == ("trim", 30.0)
    assert source["predict"] == ["0.wav", "1.wav"]
    kept = {"channels": 2, "level": "peak", "segment_seconds": 0.5, "hop_seconds": 0.25, "seed": 4,
            "split_by": "span", "validation": 0.2, "test": 0.3,
            "features": ["f0", "loudness"]}  # fmt: skip
    assert {name: recipe[name] for name in kept} == kept


def test_a_bad_file_is_named_counted_and_said_by_the_exit_code(sounds, tmp_path, capsys):
    (sounds / "bad.flac").write_text("only words")
    soundfile.write(sounds / "silent.wav", np.zeros(100), 16_000)
    assert prepared(str(sounds), "-o", str(tmp_path / "set"), "--json") == 3
    said = json.loads(capsys.readouterr().out)
    assert said["counts"] == {"ok": 6, "NOT_AUDIO": 1, "SILENT": 1}
    assert {each["name"] for each in said["left_out"]} == {"rain/bad.flac", "rain/silent.wav"}


def test_silence_alone_is_no_fault(sounds, tmp_path, capsys):
    soundfile.write(sounds / "silent.wav", np.zeros(100), 16_000)
    assert prepared(str(sounds), "-o", str(tmp_path / "set")) == 0
    assert "Left out: rain/silent.wav: SILENT" in capsys.readouterr().err


def test_a_recipe_is_read_and_what_is_said_by_name_wins(sounds, tmp_path):
    written = '[[sources]]\npath = "rain"\n'
    (tmp_path / "r.toml").write_text('name = "wet"\nsample_rate = 22050\n' + written)
    words = "--recipe", str(tmp_path / "r.toml"), "--rate", "8000"
    assert prepared("-o", str(tmp_path / "set"), *words) == 0
    made = read_prepared(tmp_path / "set")
    assert (made.name, made.sample_rate) == ("wet", 8000)


def test_a_preset_gives_what_is_not_said(sounds, tmp_path):
    words = "--preset", "ambience", "--rate", "16000"
    assert prepared(str(sounds), "-o", str(tmp_path / "set"), *words) == 0
    made = read_prepared(tmp_path / "set")
    assert (made.channels, made.sample_rate, made.recipe["split_by"]) == (2, 16_000, "span")


@pytest.mark.parametrize(
    ("words", "code", "exits"),
    [
        ((), "NO_SOURCE", 2),
        (("nowhere",), "NO_FOLDER", 3),
        (("nowhere", "--preset", "choir"), "UNKNOWN_NAME", 2),
        (("nowhere", "--level", "loud"), "BAD_SETTINGS", 2),
        (("nowhere", "--recipe", "none.toml"), "BAD_RECIPE", 2),
    ],
)
def test_what_cannot_be_is_refused_as_json_too(words, code, exits, tmp_path, capsys):
    assert prepared(*words, "-o", str(tmp_path / "set"), "--json") == exits
    assert json.loads(capsys.readouterr().err)["error"]["code"] == code


def test_sources_are_named_in_one_place(sounds, tmp_path, capsys):
    (tmp_path / "r.toml").write_text('[[sources]]\npath = "rain"\n')
    words = "--recipe", str(tmp_path / "r.toml"), "-o", str(tmp_path / "set")
    assert prepared(str(sounds), *words) == 2
    assert "BAD_SOURCES" in capsys.readouterr().err
