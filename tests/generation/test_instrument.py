from dataclasses import replace

import pytest

from whisperwave import modelfile
from whisperwave.generation.instrument import ready


@pytest.mark.parametrize(
    ("given", "called"),
    [
        ("five-genres", "five-genres"),
        ("Änne's rain", "Änne's-rain"),
        ("two\nlines\u202e", r"two\nlines\u202e"),
        ("x" * 500, "x" * 64),
        ("", "wavenet"),
        (7, "wavenet"),
        (None, "wavenet"),
    ],
)
def test_a_model_is_called_as_its_training_was(model_path, tmp_path, given, called):
    file, _ = modelfile.read_verified(model_path)
    path = tmp_path / "somewhere private.safetensors"
    modelfile.write(path, replace(file, provenance={"name": given}))
    assert ready(path).name == called
    assert ready(path).identity.startswith(f"{called}@")


def test_a_shipped_model_keeps_its_name():
    assert ready("calm").name == "calm"
