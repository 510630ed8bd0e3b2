from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from whisperwave.errors import ConfigError
from whisperwave.modelfile.layouts import convnet as layout
from whisperwave.models.convnet import ConvNet, ConvNetConfig
from whisperwave.shapes import Port

TINY = ConvNetConfig(
    layers_per_block=3,
    blocks=2,
    dilation_growth=3,
    initial_kernel_size=2,
    residual_channels=4,
    dilation_channels=5,
    skip_channels=6,
    end_channels=7,
    input_channels=2,
    output_channels=3,
    conditioning_channels=3,
)


def network(config: ConvNetConfig) -> ConvNet:
    torch.manual_seed(0)
    model = ConvNet(config).double()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return model


def test_the_network_is_the_figure_of_the_paper_layer_by_layer() -> None:
    """The same mathematics with torch's own convolutions, one skip at a time."""
    model = network(TINY)
    frames, style = torch.randn(2, 2, 40).double(), torch.randn(2, 3).double()
    first = model.embedding.weight.unflatten(0, (2, 2)).permute(2, 1, 0)
    x = F.conv1d(F.pad(frames, (1, 0)), first, model.embedding.bias)
    skip = torch.zeros(2, 6, 40).double() + model.skip_bias[:, None]
    for layer, dilation in zip(model.layers, TINY.dilations, strict=True):
        past = F.pad(x, (2 * dilation, 0))
        pre = F.conv1d(past, layer.dilated.weight, layer.dilated.bias, dilation=dilation)
        pre = pre + (layer.conditioning.weight @ style.T).T[:, :, None]
        z = torch.tanh(pre[:, :5]) * torch.sigmoid(pre[:, 5:])
        skip = skip + torch.einsum("sd,bdt->bst", layer.skip.weight, z)
        if hasattr(layer, "residual"):
            x = x + torch.einsum("rd,bdt->brt", layer.residual.weight, z)
            x = x + layer.residual.bias[:, None]
    end = torch.einsum("es,bst->bet", model.end1.weight, F.relu(skip)) + model.end1.bias[:, None]
    out = torch.einsum("ae,bet->bat", model.end2.weight, F.relu(end)) + model.end2.bias[:, None]
    torch.testing.assert_close(model(frames, style), out)


def test_cut_crops_and_padded_streams_agree_where_the_past_is_known() -> None:
    model, length = network(TINY), TINY.receptive_field + 9
    frames, style = torch.randn(2, 2, length).double(), torch.randn(2, 3).double()
    whole = model(frames, style)[..., TINY.receptive_field - 1 :]
    torch.testing.assert_close(model.predict(frames, style), whole)


@pytest.mark.parametrize("config", [TINY, replace(TINY, conditioning_channels=0, blocks=1)])
def test_a_state_dict_has_the_tensors_that_the_layout_promises(config: ConvNetConfig) -> None:
    state = ConvNet(config).state_dict()
    assert {name: tuple(w.shape) for name, w in state.items()} == layout.shapes(vars(config))
    assert list(config.dilations) == layout.dilations(vars(config))


def test_every_parameter_learns() -> None:
    model = network(TINY)
    frames, style = torch.randn(2, 2, TINY.receptive_field + 9).double(), torch.randn(2, 3).double()
    model.predict(frames, style).square().sum().backward()
    assert [n for n, p in model.named_parameters() if p.grad is None or not p.grad.any()] == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"blocks": 0}, "blocks=0"),
        ({"output_channels": True}, "output_channels=True"),
        ({"conditioning_channels": -1}, "conditioning_channels=-1"),
        ({"dilation_growth": 64, "layers_per_block": 5}, "a dilation is 16777216"),
    ],
)
def test_impossible_shapes_are_refused_with_the_value(changes: dict[str, int], fault: str) -> None:
    with pytest.raises(ConfigError, match=fault):
        replace(TINY, **changes)


def test_inputs_may_be_audio_and_controls_but_no_more_than_the_network_hears() -> None:
    model = ConvNet(TINY)
    audio, knob = Port("audio", 1, 1, "audio"), Port("drive", 1, 1, "control")
    signature = model.signature(48_000, (audio, knob))
    assert [port.name for port in signature.inputs] == ["audio", "drive", "style"]
    assert (signature.kind, signature.latency, signature.block_size) == ("effect", 0, 1)
    for ports in ((audio,), (audio, Port("drive", 1, 160, "control"))):
        with pytest.raises(ConfigError, match="Give 2 channels of rate 1"):
            model.signature(48_000, ports)
