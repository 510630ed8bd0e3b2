import dataclasses
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from whisperwave import modelfile
from whisperwave.errors import ModelFileError, OutputError


def test_the_same_model_is_the_same_bytes(
    model: modelfile.ModelFile, blob: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "again.safetensors"
    found = modelfile.write(path, model)
    assert path.read_bytes() == blob
    assert found == modelfile.digest(model) == modelfile.verify(path).digest


def test_the_order_of_weights_and_keys_does_not_matter(model: modelfile.ModelFile) -> None:
    shuffled = dataclasses.replace(
        model,
        weights=dict(reversed(model.weights.items())),
        config=dict(reversed(model.config.items())),
    )
    assert modelfile.digest(shuffled) == modelfile.digest(model)


def test_a_transposed_view_is_stored_by_its_values(model: modelfile.ModelFile) -> None:
    weight = model.weights["end1.weight"]
    fortran = dict(model.weights) | {"end1.weight": np.asfortranarray(weight)}
    big_endian = dict(model.weights) | {"end1.weight": weight.astype(">f4")}
    expected = modelfile.digest(model)
    assert modelfile.digest(dataclasses.replace(model, weights=fortran)) == expected
    assert modelfile.digest(dataclasses.replace(model, weights=big_endian)) == expected


def test_one_changed_weight_changes_the_digest(model: modelfile.ModelFile) -> None:
    weight = model.weights["skip_bias"].copy()
    weight[0] = np.nextafter(weight[0], np.float32(9))
    changed = dataclasses.replace(model, weights=dict(model.weights) | {"skip_bias": weight})
    assert modelfile.digest(changed) != modelfile.digest(model)


def test_data_starts_on_a_multiple_of_64_bytes(blob: bytes) -> None:
    assert (8 + int.from_bytes(blob[:8], "little")) % 64 == 0


def test_a_denormal_weight_is_stored_as_zero(model: modelfile.ModelFile, tmp_path: Path) -> None:
    weight = model.weights["skip_bias"].copy()
    weight[0] = 1e-40
    path = tmp_path / "model.safetensors"
    weights = dict(model.weights) | {"skip_bias": weight}
    modelfile.write(path, dataclasses.replace(model, weights=weights))
    assert modelfile.verify(path).denormals == 0
    assert modelfile.read(path).weights["skip_bias"][0] == 0


def _without(mapping: Any, name: str) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if key != name}


def _wrong_models(model: modelfile.ModelFile) -> dict[str, modelfile.ModelFile]:
    """A model for each thing that must never reach a file, by its code."""
    bias = model.weights["skip_bias"]
    assert model.style is not None
    return {
        "MODEL_MISSING_TENSOR": dataclasses.replace(
            model, weights=_without(model.weights, "skip_bias")
        ),
        "MODEL_EXTRA_TENSOR": dataclasses.replace(model, weights={**model.weights, "more": bias}),
        "MODEL_SHAPE": dataclasses.replace(model, weights={**model.weights, "skip_bias": bias[:3]}),
        "MODEL_DTYPE": dataclasses.replace(
            model, weights={**model.weights, "skip_bias": bias.astype(np.float64)}
        ),
        "MODEL_NOT_FINITE": dataclasses.replace(
            model, weights={**model.weights, "skip_bias": bias * np.float32(np.nan)}
        ),
        "MODEL_NOT_JSON": dataclasses.replace(model, provenance={"loss": float("nan")}),
        "MODEL_CONFIG": dataclasses.replace(model, config=_without(model.config, "classes")),
        "MODEL_RANGE": dataclasses.replace(model, config={**model.config, "kernel_size": 0}),
        "MODEL_CALIBRATION": dataclasses.replace(model, calibration={}),
        "MODEL_NO_EXAM": dataclasses.replace(
            model, exam=modelfile.Exam({}, {}, model.exam.tolerances)
        ),
        "MODEL_SCHEMA": dataclasses.replace(
            model, exam=dataclasses.replace(model.exam, tolerances={"float99": 1e-4})
        ),
    }


@pytest.mark.parametrize(
    "code",
    [
        "MODEL_MISSING_TENSOR",
        "MODEL_EXTRA_TENSOR",
        "MODEL_SHAPE",
        "MODEL_DTYPE",
        "MODEL_NOT_FINITE",
        "MODEL_NOT_JSON",
        "MODEL_CONFIG",
        "MODEL_RANGE",
        "MODEL_CALIBRATION",
        "MODEL_NO_EXAM",
        "MODEL_SCHEMA",
    ],
)
def test_a_model_that_could_not_be_read_is_never_written(
    model: modelfile.ModelFile, tmp_path: Path, code: str
) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"the old file")
    with pytest.raises(ModelFileError) as caught:
        modelfile.write(path, _wrong_models(model)[code])
    assert caught.value.code == code
    assert path.read_bytes() == b"the old file"
    assert [entry.name for entry in tmp_path.iterdir()] == ["model.safetensors"]


def test_a_style_projection_must_fit_the_style_port(model: modelfile.ModelFile) -> None:
    projection = modelfile.StyleProjection(np.zeros(4, np.float32), np.zeros((3, 4), np.float32))
    with pytest.raises(ModelFileError, match="style"):
        modelfile.digest(dataclasses.replace(model, style=projection))
    misfit = modelfile.StyleProjection(np.zeros(5, np.float32), np.zeros((2, 4), np.float32))
    with pytest.raises(ModelFileError, match=r"style/projection.*\(2, 4\), expected \(2, 5\)"):
        modelfile.digest(dataclasses.replace(model, style=misfit))


def test_a_style_projection_centres_and_projects() -> None:
    projection = modelfile.StyleProjection(
        np.array([1, 2], np.float32), np.array([[1, 0], [0, 2], [1, 1]], np.float32)
    )
    assert np.array_equal(projection(np.array([2, 5], np.float32)), [1, 6, 4])


def test_a_missing_folder_is_an_output_error(model: modelfile.ModelFile, tmp_path: Path) -> None:
    with pytest.raises(OutputError) as caught:
        modelfile.write(tmp_path / "none" / "model.safetensors", model)
    assert caught.value.code == "NO_SUCH_FOLDER"


def test_the_golden_file_is_what_its_script_makes(model: modelfile.ModelFile) -> None:
    make = runpy.run_path(str(Path(__file__).parents[1] / "golden" / "model-file" / "make.py"))
    assert modelfile.digest(make["tiny_model"]()) == modelfile.digest(model)
