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
    with pytest.raises(ModelFileError):
        find_model(tmp_path)
