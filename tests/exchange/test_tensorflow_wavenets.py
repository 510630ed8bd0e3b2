import json

import numpy as np
import pytest
from tensorflow_wavenets import (
    CLASSES,
    DILATIONS,
    table,
    told_by,
    variables,
    write_bundle,
    write_slices,
)

from whisperwave import modelfile, runtimes
from whisperwave.errors import ModelFileError
from whisperwave.exchange.foreign import sorted_table
from whisperwave.runtimes.codec import Codec

PARAMETERS = {"dilations": list(DILATIONS), "sample_rate": 22050, "filter_width": 2}


@pytest.fixture
def described(tmp_path):
    """Says beside a checkpoint how its layers are dilated."""

    def write(**changes):
        (tmp_path / "wavenet_params.json").write_text(json.dumps(PARAMETERS | changes))
        return tmp_path

    return write


def assert_plays_as(held, found, played, told=None):
    classes = np.random.default_rng(1).integers(0, CLASSES, 100)
    scalar = held["wavenet/causal_layer/filter"].shape[1] == 1
    values = Codec.of(found.file.signature).values
    heard = values[classes][:, None] if scalar else np.eye(CLASSES)[classes]
    expected = told_by(held, heard, told)
    np.testing.assert_allclose(
        played(found, classes)[-len(expected) :], expected, rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize("options", [{}, {"biases": False}, {"named": True}, {"scalar": 9}])
def test_a_checkpoint_plays_what_its_graph_says(options, described, imported, played):
    held = variables(**options)
    found = imported(write_bundle(described(), held))
    assert found.format == "tensorflow"
    assert found.file.signature.sample_rate == 22050
    assert found.file.signature.codec["name"] == "mulaw"
    assert found.file.config["scalar_input"] == int("scalar" in options)
    assert_plays_as(held, found, played)


def test_the_older_single_file_plays_the_same(described, imported, played):
    held = variables()
    found = imported(write_slices(described() / "model.ckpt-7", held))
    assert_plays_as(held, found, played)


def test_several_shards_are_read_together(described, read):
    held = variables()
    found = read(write_bundle(described(), held, shards=3))
    np.testing.assert_array_equal(
        found.tensors["layers.3.gate.weight"],
        held["wavenet/dilated_stack/layer3/gate"].transpose(2, 1, 0),
    )


@pytest.mark.parametrize("name", ["model.ckpt-7.data-00000-of-00001", "model.ckpt-7", ""])
def test_a_checkpoint_is_found_by_any_of_its_names_and_by_its_folder(name, described, read):
    folder = described()
    write_bundle(folder, variables())
    assert read(folder / name).layers == len(DILATIONS)


def test_what_an_optimiser_kept_is_not_read(described, read):
    held = variables()
    slots = {f"{name}/Adam_1": array[:1] * np.nan for name, array in held.items()}
    found = read(write_bundle(described(), {**held, **slots, "beta1_power": np.float32([0.9])}))
    assert found.layers == len(DILATIONS)


def test_a_network_that_is_told_a_class_is_steered_by_the_name_of_the_pick_s_kind(
    described, imported, played
):
    held = variables(told=3)
    found = imported(write_bundle(described(), held), classes=("hum", "hiss", "ticks"))
    assert found.file.features["style"]["classes"] == ["hum", "hiss", "ticks"]
    assert_plays_as(held, found, played, told=0)
    runtime = runtimes.load(modelfile.read(found.output))
    classes = np.arange(40, dtype="i4") % CLASSES
    second = runtime.logits(classes, runtime.guide(np.float32([0, 1, 0])))
    expected = told_by(held, np.eye(CLASSES)[classes], 1)
    np.testing.assert_allclose(second[-len(expected) :], expected, rtol=1e-4, atol=1e-4)


def test_a_class_can_be_told_for_good(described, imported, played):
    held = variables(told=3)
    found = imported(write_bundle(described(), held), told=2)
    assert found.file.config["conditioning_channels"] == 0
    assert_plays_as(held, found, played, told=2)


def test_gaps_in_the_dilations_are_filled_with_layers_that_add_nothing(described, imported, played):
    found = imported(write_bundle(described(), variables()))
    assert (found.file.config["layers_per_block"], found.file.config["blocks"]) == (3, 2)
    assert found.notes == ("1 layers of zeros fill gaps in its dilations.",)


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"dilations": [1, 2, 3, 4, 5]}, "IMPORT_UNSUPPORTED", "not all powers of two"),
        ({"dilations": [1, 2]}, "IMPORT_SHAPES", "5 layers and 2 dilations"),
        ({"dilations": "many"}, "IMPORT_PARAMETERS", "dilations are 'many'"),
        ({"dilations": [0]}, "IMPORT_PARAMETERS", "dilations are [0]"),
        ({"sample_rate": 1}, "IMPORT_PARAMETERS", "sample_rate is 1"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(change, code, words, described, imported):
    path = write_bundle(described(**change), variables())
    with pytest.raises(ModelFileError) as error:
        imported(path)
    assert error.value.code == code
    assert words in error.value.message


def drop(name):
    return lambda held: held.pop(f"wavenet/{name}")


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (drop("causal_layer/filter"), "IMPORT_UNSUPPORTED", "no variable causal_layer/filter"),
        (drop("dilated_stack/layer2/gate"), "IMPORT_SHAPES", "layers.2.gate"),
        (
            lambda h: h.update({"wavenet/dilated_stack/layer1/lc_filter": np.zeros((1, 2), "f4")}),
            "IMPORT_UNSUPPORTED",
            "layer1/lc_filter is none of",
        ),
        (
            lambda h: h.update({"other/causal_layer/filter": np.zeros((2, 3, 4), "f4")}),
            "IMPORT_DAMAGED",
            "two variables",
        ),
    ],
)
def test_another_network_s_checkpoint_is_refused(change, code, words, tmp_path, refused):
    held = variables()
    change(held)
    refused(write_bundle(tmp_path, held), code, words)


def test_vectors_that_no_class_stands_for_are_refused(tmp_path, refused):
    held = variables(told=3)
    drop("embeddings/gc_embedding")(held)
    refused(write_bundle(tmp_path, held), "IMPORT_UNSUPPORTED", "vectors that no variable holds")


def test_an_index_without_its_numbers_says_what_is_missing(tmp_path, refused):
    path = write_bundle(tmp_path, variables())
    (tmp_path / "model.ckpt-7.data-00000-of-00001").unlink()
    refused(path, "IMPORT_INCOMPLETE", "model.ckpt-7.data-00000-of-00001")


def test_a_folder_of_several_checkpoints_is_asked_about(tmp_path, refused):
    write_bundle(tmp_path, variables(), "model.ckpt-7")
    write_bundle(tmp_path, variables(), "model.ckpt-8")
    refused(tmp_path, "IMPORT_SEVERAL", "2 checkpoints")


@pytest.mark.parametrize("which", ["model.ckpt-7.index", "model.ckpt-7.data-00000-of-00001"])
def test_a_flipped_bit_is_found_by_a_checksum(which, tmp_path, refused):
    path = write_bundle(tmp_path, variables())
    damaged = tmp_path / which
    content = bytearray(damaged.read_bytes())
    content[len(content) // 3] ^= 4
    damaged.write_bytes(content)
    refused(path, "IMPORT_DAMAGED", "checksum")


def test_a_checkpoint_cut_short_is_refused(tmp_path, refused):
    path = write_bundle(tmp_path, variables())
    data = tmp_path / "model.ckpt-7.data-00000-of-00001"
    data.write_bytes(data.read_bytes()[:-1])
    refused(path, "IMPORT_DAMAGED", "in no shard")
    path.write_bytes(path.read_bytes()[:-1])
    refused(path, "IMPORT_DAMAGED", "does not end as")


def test_the_checksum_is_castagnoli_s():
    assert sorted_table.crc32c(memoryview(b"123456789")) == 0xE3069283


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (table([(b"b", b""), (b"a", b"")]), "not in order"),
        (table([(b"a", b"1")], packed=1), "packed"),
        (b"", "does not end as"),
        (table([(b"a", b"1")])[-48:], "beyond the file's end"),
    ],
)
def test_a_table_that_nobody_wrote_is_refused(content, words):
    with pytest.raises(ModelFileError, match=words):
        list(sorted_table.entries(content))
