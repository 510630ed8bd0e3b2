import warnings
from collections import OrderedDict

import numpy as np
import pytest
import torch
from torch_wavenets import SIZES, living_elsewhere, network

from whisperwave import modelfile
from whisperwave.errors import ConfigError, ModelFileError
from whisperwave.exchange.mapping import mapped
from whisperwave.runtimes.codec import Codec

pytestmark = pytest.mark.train

PER_BLOCK = SIZES["layers"]


def save(what, path, legacy=False):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch would like to keep the classes' source, too
        torch.save(what, path, _use_new_zipfile_serialization=not legacy)
    return path


def save_module(what, path, legacy=False, module="wavenet_model"):
    with living_elsewhere(module):
        return save(what, path, legacy)


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


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("whole", [False, True])
def test_a_state_dict_and_a_module_in_both_forms_play_what_torch_says(
    whole, legacy, tmp_path, imported, played
):
    net = network(bias=True)
    path = tmp_path / "any name"
    if whole:
        found = imported(save_module(net, path, legacy))
    else:
        found = imported(save(net.state_dict(), path, legacy), layers_per_block=PER_BLOCK)
    assert found.format == "pytorch-wavenet"
    assert_plays_as(net, found, played)
    assert found.proof.same_likeliest == 1.0
    assert found.proof.relative_difference < 1e-5
    assert modelfile.verify(found.output).digest == found.digest


@pytest.mark.parametrize(
    "sizes", [{"kernel_size": 3}, {"layers": 1, "blocks": 3}, {"layers": 4, "blocks": 1}, {}]
)
def test_networks_without_biases_and_of_other_shapes_play_what_torch_says(
    sizes, tmp_path, imported, played
):
    net = network(bias=False, **sizes)
    found = imported(save_module(net, tmp_path / "module.pt"))
    assert found.file.config["layers_per_block"] == net.layers
    assert_plays_as(net, found, played)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: {f"module.{name}": tensor for name, tensor in state.items()},
        lambda state: {"step": 7, "optimizer": {"state": {0: {}}}, "state_dict": state},
        lambda state: OrderedDict(model=OrderedDict((f"net.{k}", v) for k, v in state.items())),
    ],
)
def test_a_state_dict_is_found_inside_a_checkpoint_and_behind_a_prefix(
    wrap, tmp_path, imported, played
):
    net = network()
    path = save(wrap(net.state_dict()), tmp_path / "checkpoint.pt")
    assert_plays_as(net, imported(path, layers_per_block=PER_BLOCK), played)


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_weights_of_other_widths_become_float32(kind, tmp_path, read):
    net = network().to(kind)
    found = read(save(net.state_dict(), tmp_path / "narrow.pt"))
    expected = net.gate_convs[2].weight.detach().to(torch.float32).numpy()
    np.testing.assert_array_equal(found.tensors["layers.2.gate.weight"], expected)


def test_a_module_is_known_wherever_its_class_lived(tmp_path, imported, played):
    net = network()
    found = imported(save_module(net, tmp_path / "moved.pt", module="src.deep.wavenets"))
    assert_plays_as(net, found, played)


def test_the_model_file_hears_and_sounds_by_the_source_s_own_classes(tmp_path, imported):
    found = imported(save_module(network(classes=256, blocks=1), tmp_path / "module.pt"))
    codec = Codec.of(modelfile.read(found.output).signature)
    audio = np.linspace(-0.999, 0.999, 4001).astype(np.float32)
    companded = np.sign(audio) * np.log1p(256.0 * np.abs(audio)) / np.log1p(256.0)
    np.testing.assert_array_equal(
        codec.encode(audio, 0.0), np.digitize(companded, np.linspace(-1, 1, 256)) - 1
    )
    steps = np.arange(256) / 256.0 * 2.0 - 1.0
    values = np.sign(steps) * (257.0 ** np.abs(steps) - 1.0) / 256.0
    np.testing.assert_allclose(codec.values, values, atol=1e-7)
    assert codec.silence == 127


def test_the_codec_can_be_said(tmp_path, imported):
    found = imported(save_module(network(), tmp_path / "module.pt"), codec="mulaw")
    assert found.file.signature.codec == {"name": "mulaw", "levels": 32, "preemphasis": 0.0}


def test_a_state_dict_does_not_say_its_dilations(tmp_path, imported):
    path = save(network().state_dict(), tmp_path / "state.pt")
    with pytest.raises(ConfigError, match="6 layers") as error:
        imported(path)
    assert error.value.code == "LAYERS_PER_BLOCK"


def test_a_module_that_says_other_dilations_is_believed(tmp_path, imported):
    path = save_module(network(), tmp_path / "module.pt")
    with pytest.raises(ConfigError, match=r"\[1, 2, 4, 1, 2, 4\]"):
        imported(path, layers_per_block=2)


def test_a_block_that_ends_early_is_filled_with_layers_of_zeros(tmp_path, imported):
    path = save(network(layers=4, blocks=1).state_dict(), tmp_path / "state.pt")
    found = imported(path, layers_per_block=3)
    assert found.file.config["blocks"] == 2
    assert found.notes == ("Layers of zeros that fill gaps in its dilations: 2.",)


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (lambda s: s.pop("start_conv.weight"), "IMPORT_UNSUPPORTED", "no start_conv.weight"),
        (lambda s: s.pop("gate_convs.1.weight"), "IMPORT_SHAPES", "layers.1.gate"),
        (lambda s: s.update(extra=torch.zeros(2)), "IMPORT_UNSUPPORTED", "extra is none of"),
        (
            lambda s: s.update({"skip_convs.2.weight": torch.zeros(7, 6, 2)}),
            "IMPORT_SHAPES",
            "[7, 6, 2], where [7, 6, 1] fits",
        ),
        (lambda s: s["end_conv_2.bias"].fill_(torch.nan), "IMPORT_NOT_FINITE", "end2.bias"),
        (lambda s: s.update({"end_conv_1.bias": "words"}), "IMPORT_DAMAGED", "is no tensor"),
    ],
)
def test_another_network_is_refused_by_what_is_wrong_with_it(
    change, code, words, tmp_path, refused
):
    state = network().state_dict()
    change(state)
    refused(save(state, tmp_path / "state.pt"), code, words)


def test_what_would_play_differently_is_refused_and_not_written(tmp_path, imported, monkeypatch):
    def swapped(network, dilations, told=None):
        found = mapped(network, dilations, told)
        found.weights["layers.0.dilated.bias"] = found.weights["layers.0.dilated.bias"][::-1] + 0.1
        return found

    monkeypatch.setattr("whisperwave.exchange.importing.mapped", swapped)
    with pytest.raises(ModelFileError, match="differ by") as error:
        imported(save_module(network(), tmp_path / "module.pt"))
    assert error.value.code == "IMPORT_DIFFERS"
    assert not (tmp_path / "out.safetensors").exists()
