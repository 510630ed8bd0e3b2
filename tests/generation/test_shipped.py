import pytest

from whisperwave.errors import ModelFileError
from whisperwave.generation import find_model
from whisperwave.generation.shipped import shipped_models


def test_a_path_is_taken_as_it_is(model_path):
    assert find_model(model_path) == find_model(str(model_path)) == model_path


def test_every_shipped_name_is_a_model_file():
    for name in shipped_models():
        assert find_model(name).suffix == ".safetensors"


@pytest.mark.parametrize("name", ["clam", "no/such.safetensors", ""])
def test_an_unknown_model_is_refused_with_what_there_is(name):
    with pytest.raises(ModelFileError, match="neither a shipped model nor a model file") as caught:
        find_model(name)
    assert ".safetensors" in caught.value.remedy


def test_a_folder_is_no_model(tmp_path):
    with pytest.raises(ModelFileError, match="is a folder without a model file"):
        find_model(tmp_path)


@pytest.fixture
def checkpoint(tmp_path):
    folder = tmp_path / "runs" / "mine" / "checkpoints" / "step-0000100"
    folder.mkdir(parents=True)
    (folder / "state.pt").write_bytes(b"PK\x03\x04")
    return folder


def test_a_run_folder_stands_for_the_model_file_in_it(checkpoint):
    run = checkpoint.parents[1]
    model = run / "mine.safetensors"
    model.write_bytes(b"")
    assert find_model(run) == model
    (run / "other.safetensors").write_bytes(b"")
    with pytest.raises(ModelFileError, match=r"SEVERAL_MODELS.* holds 2 model files"):
        find_model(run)


@pytest.mark.parametrize("part", ["", "checkpoints", "checkpoints/step-0000100",
                                  "checkpoints/step-0000100/state.pt"])  # fmt: skip
def test_a_checkpoint_is_refused_with_what_to_do(checkpoint, part):
    run = checkpoint.parents[1]
    with pytest.raises(ModelFileError, match="MODEL_NOT_EXPORTED") as caught:
        find_model(run / part)
    assert "whisperwave train" in caught.value.remedy


def test_a_checkpoint_names_the_model_file_that_its_run_has_written(checkpoint):
    model = checkpoint.parents[1] / "mine.safetensors"
    model.write_bytes(b"")
    with pytest.raises(ModelFileError, match="MODEL_NOT_EXPORTED") as caught:
        find_model(checkpoint)
    assert str(model) in caught.value.remedy


@pytest.mark.parametrize("name", ["n" * 5000, "a\0b"])
def test_a_path_that_cannot_be_is_refused(name):
    with pytest.raises(ModelFileError, match="NO_SUCH_MODEL"):
        find_model(name)
