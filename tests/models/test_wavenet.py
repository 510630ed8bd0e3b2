from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from whisperwave.dsp.companding import mulaw_decode
from whisperwave.errors import ConfigError
from whisperwave.models.wavenet import WaveNet, WaveNetConfig, ordered_embedding

TINY = WaveNetConfig(
    layers_per_block=3,
    blocks=2,
    residual_channels=4,
    dilation_channels=5,
    skip_channels=6,
    end_channels=7,
    classes=16,
    conditioning_channels=3,
)
SHAPES = [
    TINY,
    replace(TINY, kernel_size=3, blocks=1),
    replace(TINY, layers_per_block=1, blocks=4),
    replace(TINY, conditioning_channels=0),
    replace(TINY, control_channels=3, hop_length=4),
    replace(TINY, conditioning_channels=0, control_channels=3, hop_length=100),
    replace(TINY, kernel_size=4, blocks=1, initial_kernel_size=3),
    replace(TINY, initial_kernel_size=2, scalar_input=1),
    replace(TINY, classes=0, logistics=4, scalar_input=1),
    replace(TINY, classes=0, gaussians=1, scalar_input=1, initial_kernel_size=3),
    replace(TINY, classes=0, logistics=2, scalar_input=1, channels=3, control_channels=3),
]


def network(config: WaveNetConfig) -> WaveNet:
    torch.manual_seed(0)
    model = WaveNet(config).double()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return model


def inputs(config: WaveNetConfig, length: int) -> list[torch.Tensor | None]:
    torch.manual_seed(1)
    samples = (
        torch.randint(0, config.classes, (2, length))
        if config.classes
        else 2.0 * torch.rand(2, length, config.channels).double() - 1.0
    )
    style = torch.randn(2, config.conditioning_channels).double()
    frames = 1 + length // config.hop_length
    controls = torch.randn(2, config.control_channels, frames).double()
    return [samples, *(each if each.shape[1] else None for each in (style, controls))]


def others(samples: torch.Tensor) -> torch.Tensor:
    """Samples of which each is another one."""
    return -0.5 * samples if samples.is_floating_point() else (samples + 1) % TINY.classes


def test_published_presets_have_their_published_receptive_fields() -> None:
    assert WaveNetConfig(layers_per_block=10, blocks=3).receptive_field == 3070
    two = {"initial_kernel_size": 2}
    assert WaveNetConfig(layers_per_block=10, blocks=5, **two).receptive_field == 5117
    assert WaveNetConfig(layers_per_block=12, blocks=4, **two).receptive_field == 16382


@pytest.mark.parametrize("config", SHAPES)
def test_the_receptive_field_is_the_one_that_changed_samples_show(config: WaveNetConfig) -> None:
    model = network(config)
    classes, *told = inputs(config, config.receptive_field + 5)
    assert classes is not None
    last = model(classes, *told)[..., -1]

    def hears(sample: int) -> bool:
        changed = classes.clone()
        changed[:, sample] = others(changed[:, sample])
        return bool((model(changed, *told)[..., -1] != last).any())

    heard = [hears(sample) for sample in range(classes.shape[1])]
    assert heard == [False] * 5 + [True] * config.receptive_field


@pytest.mark.parametrize("config", SHAPES)
def test_no_output_depends_on_a_later_sample(config: WaveNetConfig) -> None:
    model = network(config)
    classes, *told = inputs(config, 30)
    changed = classes.clone()
    changed[:, 20:] = others(changed[:, 20:])
    torch.testing.assert_close(model(classes, *told)[..., :20], model(changed, *told)[..., :20])


@pytest.mark.parametrize("config", SHAPES)
def test_cut_crops_and_padded_streams_agree_where_the_past_is_known(config: WaveNetConfig) -> None:
    model = network(config)
    classes, *told = inputs(config, config.receptive_field + 9)
    whole = model(classes, *told)[..., config.receptive_field - 1 :]
    torch.testing.assert_close(model.predict(classes, *told), whole)


@pytest.mark.parametrize("kernel_size", [1, 2, 3])
def test_the_network_is_the_figure_of_the_paper_layer_by_layer(kernel_size: int) -> None:
    """The same mathematics with torch's own convolutions, one skip at a time."""
    config = replace(TINY, kernel_size=kernel_size)
    model = network(config)
    classes, style, _ = inputs(TINY, 40)
    assert classes is not None
    assert style is not None
    x = F.one_hot(classes, TINY.classes).double() @ model.embedding.weight
    x = x.transpose(1, 2)
    skip = torch.zeros(2, TINY.skip_channels, 40).double() + model.skip_bias[:, None]
    for layer, dilation in zip(model.layers, TINY.dilations, strict=True):
        past = F.pad(x, ((kernel_size - 1) * dilation, 0))
        pre = F.conv1d(past, layer.dilated.weight, layer.dilated.bias, dilation=dilation)
        pre = pre + (layer.conditioning.weight @ style.T).T[:, :, None]
        z = torch.tanh(pre[:, :5]) * torch.sigmoid(pre[:, 5:])
        skip = skip + torch.einsum("sd,bdt->bst", layer.skip.weight, z)
        if hasattr(layer, "residual"):
            x = x + torch.einsum("rd,bdt->brt", layer.residual.weight, z)
            x = x + layer.residual.bias[:, None]
    head = F.relu(
        torch.einsum("es,bst->bet", model.end1.weight, F.relu(skip)) + model.end1.bias[:, None]
    )
    logits = torch.einsum("ae,bet->bat", model.end2.weight, head) + model.end2.bias[:, None]
    torch.testing.assert_close(model(classes, style), logits)


@pytest.mark.parametrize("config", SHAPES)
def test_every_parameter_learns(config: WaveNetConfig) -> None:
    model = network(config)
    classes, *told = inputs(config, config.receptive_field + 9)
    model.predict(classes, *told).square().sum().backward()
    silent = [n for n, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert silent == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("blocks", 0), ("initial_kernel_size", 0), ("scalar_input", 2), ("scalar_input", True)],
)
def test_impossible_shapes_are_refused_with_the_value(name: str, value: int) -> None:
    with pytest.raises(ConfigError, match=f"{name}={value}"):
        WaveNetConfig(**{name: value})


def test_a_fresh_network_knows_the_order_of_the_classes() -> None:
    embedding = ordered_embedding(256, 32)
    steps = (embedding[1:] - embedding[:-1]).norm(dim=1)
    assert steps.max() < 0.3 * (embedding[0] - embedding[-1]).norm()
    assert (embedding[1:, 0] > embedding[:-1, 0]).all()
    torch.testing.assert_close(
        embedding[:, 0] / 8.0, torch.from_numpy(mulaw_decode(np.arange(256))), rtol=1e-4, atol=1e-6
    )


def test_a_step_is_told_the_frame_that_its_predictions_lie_in() -> None:
    config = replace(TINY, control_channels=3, hop_length=4)
    model = network(config)
    classes, style, controls = inputs(config, 30)
    assert classes is not None
    assert controls is not None
    state, logits = model.initial_state(2), []
    for sample in range(30):
        frame = controls[:, :, (sample + 1) // 4]
        step, state = model.step(classes[:, sample : sample + 1], state, style, frame)
        logits.append(step)
    torch.testing.assert_close(torch.cat(logits, dim=-1), model(classes, style, controls))


def test_a_network_with_controls_learns_excitations_unless_told_otherwise() -> None:
    def codec(order: int | None, controls: int = 3) -> tuple[str, int]:
        network = WaveNet(WaveNetConfig(control_channels=controls, hop_length=40))
        signature = network.signature(16_000, 0.0, order)
        port = signature.port("predictor")
        return signature.codec["name"], port.channels - 1 if port else 0

    assert codec(None) == ("mulaw_lpc", 256)
    assert codec(12) == ("mulaw_lpc", 12)
    assert codec(0) == ("mulaw", 0)
    assert codec(None, controls=0) == ("mulaw", 0)
    with pytest.raises(ConfigError, match="told no outline"):
        codec(12, controls=0)


def test_a_network_of_values_speaks_linear_codecs_with_as_many_channels_as_it_has() -> None:
    one = replace(TINY, classes=0, logistics=3, scalar_input=1, control_channels=3)
    signature = WaveNet(one).signature(16_000, 0.0)
    assert signature.codec == {"name": "linear_lpc", "preemphasis": 0.0, "limit": 16.0}
    assert signature.head == "logistics"
    assert signature.outputs[0].channels == 1
    two = replace(one, logistics=0, gaussians=3, channels=2)
    signature = WaveNet(two).signature(16_000, 0.5)
    assert signature.codec == {"name": "linear", "preemphasis": 0.5, "stereo": "mid_side"}
    assert signature.head == "gaussians"
    assert signature.outputs[0].channels == 2
    with pytest.raises(ConfigError, match="one filter does not serve several"):
        WaveNet(two).signature(16_000, 0.0, 12)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"classes": 0}, "told in one way"),
        ({"logistics": 2, "scalar_input": 1}, "told in one way"),
        ({"classes": 0, "logistics": 2, "gaussians": 1, "scalar_input": 1}, "told in one way"),
        ({"classes": 0, "gaussians": 1}, "Values need scalar_input=1"),
        ({"channels": 2}, "channels=2, but a class tells of one"),
        ({"channels": 0}, "channels=0"),
        ({"logistics": -1}, "logistics=-1"),
    ],
)
def test_heads_that_contradict_each_other_are_refused(changes: dict[str, int], fault: str) -> None:
    with pytest.raises(ConfigError, match=fault):
        replace(TINY, **changes)


@pytest.mark.parametrize("head", ["logistics", "gaussians"])
def test_a_fresh_network_foretells_values_of_many_sizes_around_zero(head: str) -> None:
    torch.manual_seed(0)
    model = WaveNet(replace(TINY, classes=0, scalar_input=1, channels=2, **{head: 5}))
    samples, style, _ = inputs(model.config, 50)
    assert samples is not None
    assert style is not None
    mixture = model.head.mixture(model(samples.float(), style.float()))  # type: ignore[attr-defined] # not a softmax's
    assert mixture.means.shape == (2, 50, 2, 5)
    assert mixture.means.abs().max() < 0.05
    scales = mixture.log_scales.exp()
    assert scales.min() < 0.02
    assert scales.max() > 0.1
