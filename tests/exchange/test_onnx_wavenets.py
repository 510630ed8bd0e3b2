import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx_wavenets import Writer, dequantised
from torch_wavenets import network

from whisperwave.exchange import cell
from whisperwave.exchange.foreign.questions import Question

pytestmark = pytest.mark.train

REACH = 14  # of the tests' network


def told_by(net, classes):
    """What torch says where the whole receptive field is known, ``[T - RF + 1, A]``."""
    one_hot = torch.eye(net.end_conv_2.out_channels)[torch.from_numpy(classes)].T[None]
    with torch.no_grad():
        return net(one_hot)[0].T.numpy()


def assert_plays_as(net, found, played):
    classes = np.random.default_rng(1).integers(0, net.end_conv_2.out_channels, 200)
    expected = told_by(net, classes)
    np.testing.assert_allclose(
        played(found, classes)[-len(expected) :], expected, rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("names", ["plain", "prefixed", "numbered"])
@pytest.mark.parametrize("folded", [False, True])
def test_a_float_graph_plays_what_torch_says_whatever_its_tensors_are_called(
    names, folded, tmp_path, imported, played
):
    net = network(bias=True)
    writer = Writer(names=names, folded=folded)
    found = imported(writer.write(net, tmp_path / "net.onnx", window=REACH + 9 if folded else None))
    assert_plays_as(net, found, played)
    assert found.proof.relative_difference < 1e-5
    codec = found.file.signature.codec["name"]
    assert codec == ("mulaw" if names == "numbered" else "classes")


@pytest.mark.parametrize("weights", ["tensor", "channel"])
@pytest.mark.parametrize("bias", ["int8", "int32"])
def test_a_quantised_graph_plays_by_the_weights_that_it_stands_for(
    weights, bias, tmp_path, imported, played
):
    net = network(bias=True)
    path = Writer(weights=weights, bias=bias, heard=True, hard=True).write(net, tmp_path / "q.onnx")
    found = imported(path)
    dequantised(net, 0 if weights == "channel" else None, bias)
    assert_plays_as(net, found, played)
    assert "6 hard sigmoids are played as the sigmoids that they stand for." in found.notes
    assert "not rounded" in found.notes[1]


@pytest.mark.parametrize("changes", [{"kernel_size": 3}, {"layers": 1, "blocks": 1}, {}])
def test_graphs_of_other_shapes_without_biases_play_what_torch_says(
    changes, tmp_path, imported, played
):
    net = network(**changes)
    assert_plays_as(net, imported(Writer().write(net, tmp_path / "net.onnx")), played)


@pytest.mark.parametrize("writer", [{}, {"folded": True}, {"weights": "channel", "bias": "int32"}])
def test_our_reading_of_a_graph_is_that_of_a_runtime(writer, tmp_path):
    path = Writer(**writer).write(network(bias=True), tmp_path / "net.onnx", window=REACH + 16)
    windows = np.random.default_rng(1).integers(0, 32, (3, REACH + 16)).astype(np.int32)
    question = Question(windows, np.linspace(-1, 1, 32), (1, 2, 4, 1, 2, 4))
    with cell.opened("onnx", {"net.onnx": path.read_bytes()}) as source:
        ours = source.foretell(question)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for window, logits in zip(windows, ours, strict=True):
        heard = np.eye(32, dtype=np.float32)[window].T[None]
        theirs = session.run(None, {"input": heard})[0][0].T
        np.testing.assert_allclose(logits, theirs, rtol=1e-4, atol=1e-5)


def changed(path, change):
    model = onnx.load(path)
    change(model)
    path.write_bytes(model.SerializeToString())
    return path


def rename_operation(old, new):
    def change(model):
        for node in model.graph.node:
            if node.op_type == old:
                node.op_type = new

    return change


def without_a_sigmoid(model):
    next(node for node in model.graph.node if node.op_type == "Sigmoid").op_type = "Tanh"


def one_convolution_for_both(model):
    gate = next(node for node in model.graph.node if node.op_type == "Sigmoid")
    tanh = next(node for node in model.graph.node if node.op_type == "Tanh")
    gate.input[0] = tanh.input[0]


def residual_of_another_layer(model):
    sums = [node for node in model.graph.node if node.op_type == "Add"]
    sums[2].input[0], sums[0].input[0] = sums[0].input[0], sums[0].input[1]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (rename_operation("Sigmoid", "Softplus"), "no product of a tanh and a sigmoid"),
        (rename_operation("Conv", "MatMul"), "does not come from two convolutions"),
        (rename_operation("Relu", "Elu"), "no ReLU in front"),
        (without_a_sigmoid, "its head hears other convolutions"),
        (one_convolution_for_both, "two halves of one convolution"),
        (residual_of_another_layer, "does not hear the sum"),
        (lambda m: m.graph.output.append(m.graph.output[0]), "1 inputs and 2 outputs"),
    ],
)
def test_a_graph_that_is_no_wavenet_is_refused_by_what_is_not_like_one(
    change, words, tmp_path, refused
):
    path = changed(Writer().write(network(), tmp_path / "net.onnx"), change)
    refused(path, "IMPORT_UNSUPPORTED", words)


def test_an_operation_that_only_the_proof_meets_is_named(tmp_path, imported):
    def odd(model):
        tanh = next(node for node in model.graph.node if node.op_type == "Tanh")
        name = tanh.input[0]
        erf = onnx.helper.make_node("Erf", [name], ["odd"])
        at = list(model.graph.node).index(tanh)
        tanh.input[0] = "odd"
        model.graph.node.insert(at, erf)

    path = changed(Writer().write(network(), tmp_path / "net.onnx"), odd)
    with pytest.raises(Exception, match="something else than two convolutions"):
        imported(path)


def test_a_window_shorter_than_the_receptive_field_proves_nothing(tmp_path, imported):
    path = Writer().write(network(), tmp_path / "net.onnx", window=REACH)
    with pytest.raises(Exception, match="takes 14 samples at once, its network looks back on 15"):
        imported(path)
