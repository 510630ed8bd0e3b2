import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from whisperwave.cli import main
from whisperwave.library import open_library


@pytest.fixture
def generate(model_path, own_clips, tmp_path, capsys):
    def run(*words, output="calm.wav", picks=own_clips):
        path = tmp_path / output
        code = main(["generate", "--input", *picks, "--output", str(path),
                     "--model", str(model_path), *words])  # fmt: skip
        return code, path, capsys.readouterr()

    return run


def test_a_person_is_told_length_speed_seed_and_where(generate):
    code, path, spoken = generate("--seconds", "0.5", "--seed", "7")
    assert code == 0
    first, second = spoken.out.splitlines()
    assert first.startswith("0.5 s of audio in ")
    assert first.endswith("× real time; seed 7.")
    assert second == str(path)
    assert spoken.err == ""


def test_a_program_gets_one_object(generate, own_clips):
    code, path, spoken = generate("--seconds", "0.5", "--seed", "7", "--json")
    assert code == 0
    result = json.loads(spoken.out)
    assert {
        "output", "audio_seconds", "elapsed_seconds", "times_real_time", "samples_per_second",
        "precision", "threads", "isa", "model", "digest", "seed", "picks", "style_distance",
    } <= set(result)  # fmt: skip
    assert result["output"] == str(path)
    assert [pick["number"] for pick in result["picks"]] == [int(word) for word in own_clips]


def test_the_flags_of_the_first_script_work(generate, model_path, tmp_path, own_clips, capsys):
    path = tmp_path / "old.wav"
    old_flags = ["--model_path", str(model_path), "--num_samples", "3000", "--rate", "16000"]
    assert main(["generate", "--input", *own_clips, "--output", str(path), *old_flags]) == 0
    assert soundfile.info(path).frames == 3_000


def test_weights_are_read_from_the_picks(generate, own_clips):
    picks = [f"{own_clips[0]}:2", f"{own_clips[1]}:0.5"]
    _, _, spoken = generate("--seconds", "0.2", "--json", picks=picks)
    assert [pick["weight"] for pick in json.loads(spoken.out)["picks"]] == [2.0, 0.5]


def test_without_a_seed_every_call_is_new_and_says_which(generate):
    seeds = {json.loads(generate("--seconds", "0.1", "--json")[2].out)["seed"] for _ in range(2)}
    assert len(seeds) == 2


@pytest.mark.parametrize("name", ["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"])
def test_a_piece_does_not_depend_on_how_many_processors_there_are(model_path, tmp_path, name):
    """NumPy's products are summed otherwise with other threads: by bits, but a draw may turn."""
    made = set()
    for threads in ("1", "2", "4"):
        path = tmp_path / f"{threads}.wav"
        words = ["--input", "3", "10", "--output", str(path), "--model", str(model_path),
                 "--seconds", "2", "--seed", "1", "--pictures"]  # fmt: skip
        command = [sys.executable, "-m", "whisperwave", "generate", *words]
        subprocess.run(command, check=True, capture_output=True, env=os.environ | {name: threads})
        pictures = sorted(tmp_path.glob(f"{threads}*.png"))
        assert len(pictures) == 2
        made.add(tuple(each.read_bytes() for each in (path, *pictures)))
    assert len(made) == 1


def test_pictures_are_named_too(generate):
    _, path, spoken = generate("--seconds", "0.2", "--pictures")
    assert spoken.out.splitlines()[1:] == [
        str(path), str(path.with_name("calm-waveform.png")),
        str(path.with_name("calm-spectrogram.png")),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--seconds", "0"], 2),
        (["--seconds", "1", "--num_samples", "5"], 2),
        (["--temperature", "-1"], 2),
        (["--top-p", "0"], 2),
        (["--loudness", "loud"], 2),
        (["--ceiling", "3"], 2),
        (["--seed", "-1"], 2),
        (["--backend", "abacus"], 2),
        (["--model", "clam"], 5),
        (["--isa", "abacus"], 6),
        (["--precision", "int8"], 6),
        (["--precision", "int4"], 2),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_kind_of_exit_code(generate, words, code):
    found, path, spoken = generate(*words)
    assert found == code
    assert spoken.err.count("\n") == 1
    assert not path.exists()


@pytest.mark.parametrize(
    ("picks", "code"), [(["99999"], 4), (["-3"], 2), (["3:0"], 2), (["rain"], 2), ([], 2)]
)
def test_picks_that_are_none_are_refused(generate, picks, code):
    found, path, _ = generate(picks=picks)
    assert found == code
    assert not path.exists()


def test_a_picked_clip_that_was_damaged_is_named_and_nothing_is_written(
    generate, own_clips, data_folder
):
    with open_library(data_folder) as clips:
        kept = clips.path(int(own_clips[1]))
    kept.write_bytes(kept.read_bytes()[:-1])
    code, path, spoken = generate("--seconds", "0.1")
    assert code == 4
    assert spoken.err.startswith("CLIP_DAMAGED")
    assert not path.exists()


def test_a13_a_clip_of_one_sample_is_enough_to_pick(generate, data_folder, tmp_path):
    soundfile.write(tmp_path / "one.wav", np.array([0.3]), 16_000)
    with open_library(data_folder) as clips:
        number = clips.add(tmp_path / "one.wav").clip.number
    code, path, _ = generate("--seconds", "0.1", picks=[str(number)])
    assert code == 0
    assert soundfile.info(path).frames == 4_800


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04" + bytes(100), b"\x08\x08:\x10onnx" + bytes(90)]
)
def test_a_model_that_is_none_is_refused_with_a_remedy(generate, tmp_path, content):
    foreign = tmp_path / "foreign.onnx"
    foreign.write_bytes(content)
    code, path, spoken = generate("--model", str(foreign))
    assert code == 5
    assert spoken.err.startswith("MODEL_")
    assert not path.exists()


def test_a_checkpoint_of_training_plays_without_torch(generate, model_path, tmp_path):
    checkpoint = tmp_path / "runs" / "mine" / "checkpoints" / "step-0000010"
    checkpoint.mkdir(parents=True)
    shutil.copy(model_path, checkpoint / "model.safetensors")
    code, path, _ = generate("--model", str(checkpoint))
    assert code == 0
    assert path.exists()


def test_an_extension_that_is_no_format_is_refused_before_any_work(generate):
    found, _, spoken = generate(output="calm.aac")
    assert found == 8
    assert ".wav" in spoken.err


def test_a_class_is_played_by_its_name(class_path, tmp_path, capsys):
    words = ["generate", "--class", "hiss", "--model", str(class_path), "--seconds", "0.1"]
    assert main([*words, "--seed", "1", "--json", "--output", str(tmp_path / "hiss.wav")]) == 0
    assert json.loads(capsys.readouterr().out)["picks"] == [{"class": "hiss"}]


@pytest.mark.parametrize(
    ("words", "code"),
    [(["--class", "hiss", "--input", "3"], "CLIPS_AND_CLASS"), ([], "USAGE")],
)
def test_clips_or_a_class_are_needed(tmp_path, capsys, words, code):
    assert main(["generate", *words, "--output", str(tmp_path / "calm.wav")]) == 2
    assert code in capsys.readouterr().err
