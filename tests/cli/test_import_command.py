import json

import pytest
import soundfile
import torch
from torch_wavenets import SIZES, network

from whisperwave import modelfile
from whisperwave.cli import main
from whisperwave.cli.import_ import CODECS, FORMATS
from whisperwave.exchange import codecs, sources
from whisperwave.registry import names

pytestmark = pytest.mark.train


@pytest.fixture
def state_dict(tmp_path):
    path = tmp_path / "state.pth"
    torch.save(network().state_dict(), path)
    return path


@pytest.fixture
def words(state_dict, tmp_path, own_clips):
    """The command, with one of the test's own clips as the real audio."""
    return [
        "import", str(state_dict), "--to", str(tmp_path / "mine.safetensors"),
        "--layers-per-block", str(SIZES["layers"]), "--clip", own_clips[0],
    ]  # fmt: skip


def test_help_names_every_importer_and_codec_there_is():
    assert sorted(FORMATS) == [sources.spoken(name) for name in names(sources.ROOM)]
    assert codecs.NAMES == CODECS


def test_a_person_is_told_that_both_sides_agree_and_where_the_file_is(words, tmp_path, capsys):
    assert main(words) == 0
    first, second, third = capsys.readouterr().out.splitlines()
    assert first == (
        "pytorch-wavenet: 3 layers in each of 2 blocks, "
        "a receptive field of 15 samples at 16000 Hz."
    )
    assert "foretell 256 samples alike: the likeliest class is the same in 100.0%" in second
    assert third == str(tmp_path / "mine.safetensors")


def test_a_program_gets_one_object_with_the_proof(words, tmp_path, capsys):
    assert main([*words, "--json", "--licence", "CC0-1.0", "--rate", "22050"]) == 0
    told = json.loads(capsys.readouterr().out)
    file, found = modelfile.read_verified(tmp_path / "mine.safetensors")
    assert (told["digest"], told["sample_rate"]) == (found.digest, 22050)
    assert (file.licence, file.provenance["imported_from"]) == ("CC0-1.0", "pytorch-wavenet")
    assert told["proof"]["relative_difference"] <= told["proof"]["tolerance"]
    assert set(file.weights) > {"embedding.weight", "skip_bias"}


def test_what_was_imported_passes_its_exam_and_plays_the_picks_on(
    words, tmp_path, own_clips, capsys
):
    model, output = str(tmp_path / "mine.safetensors"), tmp_path / "new.wav"
    assert main(words) == 0
    assert main(["models", "verify", model]) == 0
    assert main(
        ["generate", "--input", *own_clips, "--model", model, "--output", str(output),
         "--seconds", "0.5", "--seed", "1"]
    ) == 0  # fmt: skip
    assert soundfile.info(output).frames == 8_000
    capsys.readouterr()


@pytest.mark.parametrize(
    ("change", "code", "text"),
    [
        (["--layers-per-block", "0"], 2, "USAGE"),
        (["--to", "nowhere/mine.safetensors"], 8, "NO_SUCH_FOLDER"),
        (["--class", "0"], 2, "UNKNOWN_CLASS: there is no class 0. This network is told no"),
        (["--classes", "rain"], 2, "CLASS_NAMES"),
        (["--clip", "999"], 4, "NO_SUCH_CLIP"),
    ],
)
def test_a_wrong_word_is_refused_with_its_kind_of_exit_code(change, code, text, words, capsys):
    assert main([*words, *change]) == code
    assert capsys.readouterr().err.startswith(text)


def test_a_checkpoint_that_does_not_say_its_dilations_is_asked_about(
    state_dict, tmp_path, own_clips, capsys
):
    words = ["import", str(state_dict), "--to", str(tmp_path / "mine.safetensors")]
    assert main([*words, "--clip", own_clips[0]]) == 2
    assert "--layers-per-block 10" in capsys.readouterr().err


def test_a_checkpoint_played_as_a_model_names_the_way_in(state_dict, tmp_path, own_clips, capsys):
    words = ["generate", "--input", own_clips[0], "--model", str(state_dict)]
    assert main([*words, "--output", str(tmp_path / "new.wav")]) == 5
    assert "whisperwave import" in capsys.readouterr().err
