"""The faults D1 to D10 and D16 to D18 of the reliability matrix, each with its exact code."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from whisperwave import modelfile
from whisperwave.errors import ModelFileError
from whisperwave.modelfile import reading

SKIP = "weights/skip_bias"
HUGE = 2**31


def test_a_read_model_is_the_written_one(model: modelfile.ModelFile, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    modelfile.write(path, model)
    again = modelfile.read(path)
    assert again.signature == model.signature
    for name in ("family", "config", "features", "catalogue", "statistics", "provenance"):
        assert getattr(again, name) == getattr(model, name)
    assert all(np.array_equal(again.weights[name], model.weights[name]) for name in model.weights)
    assert np.array_equal(again.exam.inputs["classes"], model.exam.inputs["classes"])
    assert again.exam.inputs["classes"].dtype == np.int32


def test_arrays_of_a_read_model_cannot_be_written(model: modelfile.ModelFile) -> None:
    assert model.style is not None
    arrays = [*model.weights.values(), *model.exam.outputs.values(), model.style.mean]
    assert not any(array.flags.writeable for array in arrays)
    with pytest.raises(ValueError, match="cannot set WRITEABLE"):
        arrays[0].flags.writeable = True


def test_weights_are_views_on_the_bytes_that_were_checked(model: modelfile.ModelFile) -> None:
    bases = {id(_root(array)) for array in model.weights.values()}
    assert len(bases) == 1


def _root(array: np.ndarray) -> Any:
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def test_tensors_lie_on_multiples_of_their_element_size(model: modelfile.ModelFile) -> None:
    assert all(array.flags.aligned for array in model.weights.values())


def test_a_file_that_changes_after_it_was_read_changes_nothing(blob: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(blob)
    model = modelfile.read(path)
    before = modelfile.digest(model)
    path.write_bytes(bytes(len(blob)))
    assert modelfile.digest(model) == before


def _change(field: str, value: Any) -> Callable[[Any], None]:
    """An edit of the metadata at a dotted path."""
    *path, last = field.split(".")

    def edit(forgery: Any) -> None:
        place = forgery.metadata
        for key in path:
            place = place[key]
        place[last] = value

    return edit


def _entry(field: str, value: Any, name: str = SKIP) -> Callable[[Any], None]:
    """An edit of one tensor's entry."""

    def edit(forgery: Any) -> None:
        forgery.entries[name][field] = value

    return edit


def _drop(forgery: Any) -> None:
    del forgery.metadata["tensors"][SKIP]
    begin, _ = forgery.entries.pop(SKIP)["data_offsets"]
    del forgery.data[begin:]  # it is the last one


def _rename(old: str, new: str) -> Callable[[Any], None]:
    def edit(forgery: Any) -> None:
        forgery.entries[new] = forgery.entries.pop(old)
        forgery.metadata["tensors"][new] = forgery.metadata["tensors"].pop(old)

    return edit


def _shift(by: int) -> Callable[[Any], None]:
    """Move the last tensor of the file, leaving a hole or an overlap before it."""

    def edit(forgery: Any) -> None:
        entry = max(forgery.entries.values(), key=lambda entry: entry["data_offsets"])
        entry["data_offsets"] = [offset + by for offset in entry["data_offsets"]]

    return edit


def _swap_shapes(forgery: Any) -> None:
    entry = forgery.entries["weights/end1.weight"]
    entry["shape"] = entry["shape"][::-1]


def _set(name: str, value: float) -> Callable[[Any], None]:
    def edit(forgery: Any) -> None:
        forgery.tensor(name)[1] = value

    return edit


FORGERIES: list[tuple[str, str, str, Callable[[Any], None]]] = [
    ("D3 transposed", "MODEL_SHAPE", r"end1\.weight.*\(4, 3\).*\(3, 4\)", _swap_shapes),
    ("D3 other type", "MODEL_DTYPE", SKIP, _entry("dtype", "I32")),
    ("D3 unknown type", "MODEL_DTYPE", "F8", _entry("dtype", "F8")),
    ("D3 type is a list", "MODEL_DTYPE", SKIP, _entry("dtype", ["F32"])),
    ("D4 missing", "MODEL_MISSING_TENSOR", "skip_bias", _drop),
    ("D4 undeclared", "MODEL_EXTRA_TENSOR", SKIP,
     lambda forgery: forgery.metadata["tensors"].pop(SKIP)),
    ("D4 declared only", "MODEL_MISSING_TENSOR", SKIP, lambda forgery: forgery.entries.pop(SKIP)),
    ("D4 renamed", "MODEL_MISSING_TENSOR", "skip_bias", _rename(SKIP, "weights/skap_bias")),
    ("D4 stray folder", "MODEL_MISSING_TENSOR", "style", _rename("style/mean", "stile/mean")),
    ("D4 extra entry key", "MODEL_TENSOR_ENTRY", SKIP, _entry("more", 1)),
    ("D4 extra metadata key", "MODEL_SCHEMA", "more", _change("more", 1)),
    ("D4 extra hyperparameter", "MODEL_CONFIG", "more", _change("model.config.more", 1)),
    ("D6 negative", "MODEL_TENSOR_ENTRY", "-4", _entry("shape", [-4])),
    ("D6 zero", "MODEL_TENSOR_ENTRY", r"\[0\]", _entry("shape", [0])),
    ("D6 2^31", "MODEL_TENSOR_ENTRY", str(HUGE), _entry("shape", [HUGE])),
    ("D6 product wraps to the right size", "MODEL_TENSOR_ENTRY", "spans",
     _entry("shape", [2**30, 2**30, 2**4, 4])),
    ("D6 float", "MODEL_TENSOR_ENTRY", "4.0", _entry("shape", [4.0])),
    ("D6 boolean", "MODEL_TENSOR_ENTRY", "True", _entry("shape", [True, 4])),
    ("D6 nine axes", "MODEL_TENSOR_ENTRY", SKIP, _entry("shape", [1] * 8 + [4])),
    ("D7 overlap", "MODEL_TENSOR_OVERLAP", "begins at", _shift(-4)),
    ("D7 hole", "MODEL_TENSOR_HOLE", "begins at", _shift(4)),
    ("D7 far outside", "MODEL_TENSOR_HOLE", "begins at", _shift(2**30)),
    ("D7 past the cap", "MODEL_TENSOR_ENTRY", "offsets", _shift(2**40)),
    ("D7 three offsets", "MODEL_TENSOR_ENTRY", "offsets", _entry("data_offsets", [0, 4, 8])),
    ("D7 trailing byte", "MODEL_TRAILING_BYTES", "1 bytes follow",
     lambda forgery: forgery.data.append(0)),
    ("D7 zip at the end", "MODEL_TRAILING_BYTES", "hides|follow",
     lambda forgery: forgery.data.extend(b"PK\x03\x04" * 8)),
    ("D9 NaN", "MODEL_NOT_FINITE", "skip_bias.*1 NaN.*index 1", _set(SKIP, np.nan)),
    ("D9 infinity", "MODEL_NOT_FINITE", "skip_bias", _set(SKIP, np.inf)),
    ("D10 channels", "MODEL_RANGE", "2000000", _change("model.config.skip_channels", 2_000_000)),
    ("D10 kernel", "MODEL_RANGE", "kernel_size", _change("model.config.kernel_size", 0)),
    ("D10 dilation 2^30", "MODEL_RANGE", "layers_per_block",
     _change("model.config.layers_per_block", 31)),
    ("D10 not whole", "MODEL_RANGE", "2.0", _change("model.config.blocks", 2.0)),
    ("D10 rate", "MODEL_RANGE", "sample_rate", _change("model.signature.sample_rate", 0)),
    ("D10 levels", "MODEL_RANGE", "levels", _change("model.signature.codec.levels", 1)),
    ("D10 memory", "MODEL_MEMORY", "16.. GiB",
     lambda forgery: forgery.metadata["model"]["config"].update(
         skip_channels=65_536, end_channels=65_536)),
    ("D10 input", "MODEL_RANGE", "scalar_input", _change("model.config.scalar_input", 2)),
    ("input lies", "MODEL_MISSING_TENSOR", "embedding.bias",
     _change("model.config.scalar_input", 1)),
    ("initial kernel lies", "MODEL_SHAPE", r"embedding.weight.*\(16, 3\).*\(32, 3\)",
     _change("model.config.initial_kernel_size", 2)),
    ("D16 newer", "MODEL_NEWER", "format 3.*whisperwave 0.1.0", _change("format", 3)),
    ("D16 older, with what is newer", "MODEL_SCHEMA", "format 1", _change("format", 1)),
    ("D16 older", "MODEL_VERSION", "0", _change("format", 0)),
    ("D16 no version", "MODEL_VERSION", "None", lambda forgery: forgery.metadata.pop("format")),
    ("receptive field lies", "MODEL_CONFIG", "receptive_field",
     _change("model.signature.receptive_field", 5)),
    ("levels lie", "MODEL_CONFIG", "levels", _change("model.signature.codec.levels", 256)),
    ("style port lies", "MODEL_CONFIG", "style",
     lambda forgery: forgery.metadata["model"]["signature"]["inputs"].pop()),
    ("bad role", "MODEL_SCHEMA", "role",
     lambda forgery: forgery.metadata["model"]["signature"]["inputs"][0].update(role="spy")),
    ("port without a name", "MODEL_SCHEMA", "port",
     lambda forgery: forgery.metadata["model"]["signature"]["inputs"][0].pop("name")),
    ("bad tolerance", "MODEL_SCHEMA", "tolerance", _change("tolerances.float32", -1.0)),
    ("no tolerance", "MODEL_SCHEMA", "tolerance", _change("tolerances", {})),
    ("no tolerance for a precision", "MODEL_SCHEMA", "int8.*tolerance",
     lambda forgery: forgery.metadata["tolerances"].pop("int8")),
    ("unknown precision", "MODEL_SCHEMA", "'int4'", _change("model.precisions.int4", {})),
    ("float32 as a smaller precision", "MODEL_SCHEMA", "'float32'",
     _change("model.precisions.float32", {})),
    ("cost is no object", "MODEL_SCHEMA", r"precisions\.int8", _change("model.precisions.int8", 1)),
    ("cost of no clips", "MODEL_SCHEMA", "'clips': 0", _change("model.precisions.int8.clips", 0)),
    ("cost without its beginning", "MODEL_SCHEMA", r"precisions\.int8",
     lambda forgery: forgery.metadata["model"]["precisions"]["int8"].pop("bits_before")),
    ("negative bits", "MODEL_SCHEMA", "cost of int8",
     _change("model.precisions.int8.bits_after", -1.0)),
    ("calibration renamed", "MODEL_MISSING_TENSOR", "calibration lacks tensor 'end'",
     _rename("calibration/end", "calibration/ends")),
    ("calibration transposed", "MODEL_SHAPE", r"calibration/layers.*\(3, 2\).*\(2, 3\)",
     _entry("shape", [3, 2], "calibration/layers")),
    ("calibration below 0", "MODEL_CALIBRATION", "calibration/skip.*-1.*whisperwave quantise",
     _set("calibration/skip", -1.0)),
    ("calibration NaN", "MODEL_NOT_FINITE", "calibration/skip", _set("calibration/skip", np.nan)),
    ("bad family", "MODEL_SCHEMA", "family", _change("model.family", "../../etc")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "text", "edit"), [case[1:] for case in FORGERIES], ids=[case[0] for case in FORGERIES]
)
def test_a_forged_file_with_right_digests_is_refused_by_its_fault(
    forgery: Any,
    refusal: Callable[[bytes], ModelFileError],
    code: str,
    text: str,
    edit: Callable[[Any], None],
) -> None:
    edit(forgery)
    error = refusal(forgery.bytes())
    assert error.code == code
    assert re.search(text, f"{error.message} {error.remedy}")


def test_an_unchanged_forgery_passes(forgery: Any, blob: bytes) -> None:
    assert forgery.bytes() == blob


def test_more_tensors_than_the_cap_are_refused(
    forgery: Any, refusal: Callable[[bytes], ModelFileError]
) -> None:
    forgery.entries |= {
        f"weights/{n}": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]} for n in range(4097)
    }
    assert refusal(forgery.bytes()).code == "MODEL_TOO_MANY_TENSORS"


def test_a_misaligned_tensor_is_refused(
    forgery: Any, refusal: Callable[[bytes], ModelFileError]
) -> None:
    for entry in forgery.entries.values():
        entry["data_offsets"] = [offset + 1 for offset in entry["data_offsets"]]
    forgery.entries["weights/odd"] = {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}
    forgery.metadata["tensors"]["weights/odd"] = "0" * 63 + "1"
    forgery.data.insert(0, 0)
    assert refusal(forgery.bytes()).code == "MODEL_TENSOR_MISALIGNED"


def test_a_digest_in_capitals_is_refused(
    blob: bytes, refusal: Callable[[bytes], ModelFileError]
) -> None:
    digest = stated_digest(blob)
    assert refusal(blob.replace(digest, digest.upper(), 1)).code == "MODEL_SCHEMA"


def test_a_digest_that_stands_twice_is_refused(
    forgery: Any, refusal: Callable[[bytes], ModelFileError]
) -> None:
    forgery.metadata["model"]["provenance"]["copy"] = "f" * 64
    zeroed = forgery.bytes().replace(stated_digest(forgery.bytes()), b"0" * 64)
    zeroed = zeroed.replace(b"f" * 64, b"0" * 64)
    twice = zeroed.replace(b"0" * 64, hashlib.sha256(zeroed).hexdigest().encode())
    assert refusal(twice).code == "MODEL_DIGEST"


def stated_digest(blob: bytes) -> bytes:
    """The 64 characters that a file states as its own digest."""
    marker = b'digest\\":\\"'
    place = blob.index(marker) + len(marker)
    return blob[place : place + 64]


def test_a_damaged_tensor_is_named(blob: bytes, refusal: Callable[[bytes], ModelFileError]) -> None:
    error = refusal(blob[:-1] + bytes([blob[-1] ^ 1]))
    assert error.code == "MODEL_TENSOR_DIGEST"
    assert "weights/skip_bias" in error.message


def test_a_changed_number_in_the_header_breaks_the_digest(
    blob: bytes, refusal: Callable[[bytes], ModelFileError]
) -> None:
    assert refusal(blob.replace(b"-23.0", b"-24.0", 1)).code == "MODEL_DIGEST"


def test_denormal_weights_are_read_as_zero_and_counted(forgery: Any, tmp_path: Path) -> None:
    forgery.tensor(SKIP)[:2] = 1e-40, -1e-42
    path = tmp_path / "denormal.safetensors"
    path.write_bytes(forgery.bytes())
    assert modelfile.verify(path).denormals == 2
    weights = modelfile.read(path).weights["skip_bias"]
    assert np.array_equal(weights[:2], [0, 0])
    assert weights[2] != 0
    assert not weights.flags.writeable


def test_an_unknown_family_is_readable_without_a_shape_check(forgery: Any) -> None:
    forgery.metadata["model"]["family"] = "unheard_of"
    _swap_shapes(forgery)
    model, verification = reading.parse(np.frombuffer(forgery.bytes(), np.uint8))
    assert model.family == "unheard_of"
    assert not verification.shapes_checked


def test_verify_says_what_the_file_holds(blob: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(blob)
    found = modelfile.verify(path)
    assert (found.family, found.file_bytes, found.denormals) == ("wavenet", len(blob), 0)
    assert found.shapes_checked
    assert found.parameters == sum(array.size for array in modelfile.read(path).weights.values())
