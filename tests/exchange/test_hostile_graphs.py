"""Row D15 of the page of faults, and other ONNX files that no exporter wrote."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx_wavenets import Writer
from torch_wavenets import network

from whisperwave.errors import ModelFileError
from whisperwave.exchange import cell
from whisperwave.exchange.foreign.layers import Facts

pytestmark = pytest.mark.train


@pytest.fixture
def model():
    return Writer().model(network())


@pytest.fixture
def saved(tmp_path):
    def write(model):
        path = tmp_path / "net.onnx"
        path.write_bytes(model.SerializeToString())
        return path

    return write


@pytest.mark.parametrize("place", ["../secret.bin", "/etc/passwd", "link.bin", "weights.bin"])
def test_d15_numbers_in_another_file_are_never_fetched(place, model, saved, tmp_path, refused):
    secret = tmp_path / "secret.bin"
    secret.write_bytes(bytes(10_000))
    (tmp_path / "link.bin").symlink_to(secret)
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", place
    refused(saved(model), "IMPORT_EXTERNAL", f"'{place}', which is not opened")


def test_d15_also_not_where_a_constant_says_it(model, saved, refused):
    hidden = TensorProto(name="hidden", dims=[1], data_type=TensorProto.FLOAT)
    hidden.external_data.add(key="location", value="../x")
    model.graph.node.insert(0, helper.make_node("Constant", [], ["hidden"], value=hidden))
    refused(saved(model), "IMPORT_EXTERNAL", "'../x'")


def test_a_branch_or_loop_is_refused(model, saved, refused):
    branch = helper.make_node("If", ["input"], ["x"], then_branch=model.graph)
    model.graph.node.insert(0, branch)
    refused(saved(model), "IMPORT_UNSUPPORTED", "a graph inside it (If)")


def test_a_tensor_that_claims_more_than_it_holds_is_refused(model, saved, refused):
    model.graph.initializer[0].dims[0] = 2**40
    refused(saved(model), "IMPORT_DAMAGED", "of shape [1099511627776")


@pytest.mark.parametrize(
    ("kind", "array"),
    [(99, b"1234"), (TensorProto.STRING, b""), (TensorProto.COMPLEX64, bytes(8))],
)
def test_a_tensor_of_a_type_that_no_weights_have_is_refused(kind, array, model, saved, refused):
    model.graph.initializer[0].data_type = kind
    model.graph.initializer[0].raw_data = array
    refused(saved(model), "IMPORT_UNSUPPORTED", f"of the type {kind}")


def test_a_constant_of_a_million_million_numbers_is_refused(model, saved, refused):
    shape = helper.make_node("ConstantOfShape", ["much"], ["flood"])
    model.graph.initializer.append(numpy_helper.from_array(np.array([10**6, 10**6]), "much"))
    model.graph.node.insert(0, shape)
    refused(saved(model), "IMPORT_DAMAGED", "1000000000000 numbers at once")


def test_a_graph_that_floods_memory_only_when_evaluated_fails_its_proof(model, tmp_path, imported):
    relu = next(node for node in model.graph.node if node.op_type == "Relu")
    widths = numpy_helper.from_array(np.array([0, 0, 10**12, 0, 0, 0]), "widths")
    model.graph.initializer.append(widths)
    at = list(model.graph.node).index(relu)
    model.graph.node.insert(at, helper.make_node("Pad", [relu.input[0], "widths"], ["flood"]))
    relu.input[0] = "flood"
    path = tmp_path / "net.onnx"
    onnx.save(model, path)
    with pytest.raises(ModelFileError, match="numbers at once"):
        imported(path)


@pytest.mark.parametrize(
    ("swap", "words"),
    [
        (lambda g: g.node.insert(0, g.node[-1]), "hears what no node before it has made"),
        (lambda g: g.node.append(g.node[3]), "give the same name"),
        (lambda g: g.output[0].__setattr__("name", "input"), "does not depend on its input"),
    ],
)
def test_nodes_that_contradict_each_other_are_refused(swap, words, model, saved, refused):
    swap(model.graph)
    refused(saved(model), "IMPORT_DAMAGED", words)


@pytest.mark.parametrize(
    "content",
    [
        b"\x08",  # a number that does not end
        b"\x08" + b"\xff" * 30,
        b"\x08\x07\x3a\xff\xff\xff\xff\x0f",  # a graph of 4 GiB
        b"\x08\x07\x3b",  # a group, which no one writes any more
        b"\x08\x07\x00\x01",  # the field 0
        b"\x08\x07",  # no graph
        b"\x08\x07\x3a\x00",  # an empty one
    ],
)
def test_bytes_that_are_no_message_are_refused(content, tmp_path, refused):
    path = tmp_path / "net.onnx"
    path.write_bytes(content)
    refused(path, "IMPORT_DAMAGED")


def test_a_reader_that_is_taken_over_cannot_lie_about_its_arrays():
    with pytest.raises(ModelFileError, match="another size than it said"):
        dict(cell._arrays([bytes(8)], [{"name": "a", "shape": [3]}]))
    with pytest.raises(ModelFileError, match="sent 1 arrays and described 0"):
        dict(cell._arrays([bytes(8)], []))
    with pytest.raises(ModelFileError, match="no facts"):
        Facts.of({"codec": 7, "sample_rate": None, "window": None, "notes": []})


@pytest.mark.parametrize(
    ("body", "patience", "code"),
    [
        ("os.kill(os.getpid(), 11)", 1.0, "IMPORT_CRASHED"),
        ("sys.stdin.buffer.read(100); os._exit(3)", 1.0, "IMPORT_CRASHED"),
        ("time.sleep(1000)", 0.005, "IMPORT_TIMEOUT"),
    ],
)
def test_a_reader_that_crashes_or_hangs_costs_that_file(
    body, patience, code, tmp_path, monkeypatch
):
    script = tmp_path / "broken.py"
    script.write_text(f"import os, sys, time\n{body}\n")
    monkeypatch.setattr(cell, "COMMAND", (str(script),))
    monkeypatch.setattr(cell, "_PATIENCE", patience)
    opening = cell.opened("onnx", {"net.onnx": b"\x08\x07"})
    with pytest.raises(ModelFileError) as error, opening:
        pass
    assert error.value.code == code
