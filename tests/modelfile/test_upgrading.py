"""D16: files of older formats are read, and mean what they meant."""

from pathlib import Path

import numpy as np

from whisperwave import modelfile

OLDER = Path(__file__).parents[1] / "golden" / "model-file" / "format-1.safetensors"


def test_a_file_of_format_1_is_read_and_offers_float32(model: modelfile.ModelFile) -> None:
    older = modelfile.read(OLDER)
    assert older.offered == ("float32",)
    assert older.calibration == {}
    assert older.weights.keys() == model.weights.keys()
    for name, array in older.weights.items():
        assert np.array_equal(array, model.weights[name])


def test_a_file_of_format_1_stays_as_it_is_and_keeps_its_own_digest() -> None:
    before = OLDER.read_bytes()
    _, found = modelfile.read_verified(OLDER)
    assert found.digest.encode() in before
    assert OLDER.read_bytes() == before


def test_what_was_read_of_format_1_is_written_as_the_newest(tmp_path: Path) -> None:
    older = modelfile.read(OLDER)
    path = tmp_path / "newer.safetensors"
    modelfile.write(path, older)
    assert b'\\"format\\":2' in path.read_bytes()
    assert modelfile.read(path).exam.tolerances == older.exam.tolerances


def test_precisions_are_offered_in_the_order_of_their_size(model: modelfile.ModelFile) -> None:
    assert model.offered == ("float32", "bfloat16", "int8")
    assert model.precisions["int8"].bits == 0.125
