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
def run(tmp_path):
    """A run folder in the middle of its training, with two checkpoints."""
    folder = tmp_path / "runs" / "2026-11-21" / "mine"
    for step in (100, 200):
        checkpoint = folder / "checkpoints" / f"step-{step:07d}"
        checkpoint.mkdir(parents=True)
        (checkpoint / "state.pt").write_bytes(b"PK\x03\x04")
        (checkpoint / "model.safetensors").write_bytes(b"")
    return folder


def test_a_run_folder_stands_for_the_model_file_in_it(run):
    model = run / "mine.safetensors"
    model.write_bytes(b"")
    assert find_model(run) == model
    (run / "other.safetensors").write_bytes(b"")
    with pytest.raises(ModelFileError, match=r"SEVERAL_MODELS.* holds 2 model files"):
        find_model(run)


def test_a_checkpoint_stands_for_the_model_file_in_it(run):
    checkpoint = run / "checkpoints" / "step-0000100"
    assert find_model(checkpoint) == checkpoint / "model.safetensors"


@pytest.mark.parametrize("part", ["", "checkpoints"])
def test_a_run_that_has_not_ended_stands_for_its_newest_checkpoint(run, part):
    newest = run / "checkpoints" / "step-0000200"
    assert find_model(run / part) == newest / "model.safetensors"


def test_the_name_of_a_run_stands_for_its_newest_date(run):
    earlier = run.parents[1] / "2026-01-31" / "mine"
    earlier.mkdir(parents=True)
    assert find_model(run.parents[1] / "mine").is_relative_to(run)
    with pytest.raises(ModelFileError, match="NO_SUCH_MODEL"):
        find_model(run.parents[1] / "yours")


@pytest.mark.parametrize("name", ["n" * 5000, "a\0b"])
def test_a_path_that_cannot_be_is_refused(name):
    with pytest.raises(ModelFileError, match="NO_SUCH_MODEL"):
        find_model(name)
