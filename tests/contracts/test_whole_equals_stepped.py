"""Promise 2: a whole sound and the same sound in steps give the same result, for any cut."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from whisperwave import registry
from whisperwave.nn import DilatedConvolution

CUTS = [(1,), (2, 7), (31,), (40,), (3, 1, 13)]
TINY = {
    "wavenet": {
        "layers_per_block": 3,
        "blocks": 2,
        "kernel_size": 3,
        "residual_channels": 4,
        "dilation_channels": 5,
        "skip_channels": 6,
        "end_channels": 7,
        "classes": 16,
        "conditioning_channels": 3,
        "control_channels": 0,
        "hop_length": 160,
        "initial_kernel_size": 3,
        "scalar_input": 0,
    },
    "convnet": {
        "layers_per_block": 2,
        "blocks": 2,
        "dilation_growth": 3,
        "kernel_size": 3,
        "initial_kernel_size": 2,
        "residual_channels": 4,
        "dilation_channels": 5,
        "skip_channels": 6,
        "end_channels": 7,
        "input_channels": 2,
        "output_channels": 3,
        "conditioning_channels": 3,
    },
}
VALUES = {"scalar_input": 1, "classes": 0}
FORMS = [
    *TINY.items(),
    ("wavenet", TINY["wavenet"] | {"scalar_input": 1}),
    ("wavenet", TINY["wavenet"] | VALUES | {"logistics": 3}),
    ("wavenet", TINY["wavenet"] | VALUES | {"gaussians": 1, "channels": 2}),
    ("convnet", TINY["convnet"] | {"kernel_size": 1, "initial_kernel_size": 1}),
]


def is_told_classes(family: str, config: dict[str, int]) -> bool:
    return family == "wavenet" and config["classes"] > 0


def time_axis(family: str) -> int:
    """Of what the family hears: samples ``B T`` or ``B T C``, or frames ``B C T``."""
    return 2 if family == "convnet" else 1


def drawn(family: str, config: dict[str, int]) -> torch.nn.Module:
    """A network with random weights, in double precision."""
    torch.manual_seed(0)
    network = registry.find("models", family).build(config).double()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return network


def heard(family: str, config: dict[str, int], length: int) -> Tensor:
    """Random samples of two streams, as the family hears them."""
    if family == "convnet":
        return 3.0 * torch.randn(2, config["input_channels"], length).double()
    if config["classes"]:
        return torch.randint(0, 16, (2, length))
    return torch.rand(2, length, config.get("channels", 1)).double()


def joined(
    step: Callable, state: object, whole: Tensor, cuts: tuple[int, ...], axis: int = 1
) -> list[Tensor]:
    outputs, position, turn = [], 0, 0
    while position < whole.shape[axis]:
        size = min(cuts[turn % len(cuts)], whole.shape[axis] - position)
        output, state = step(whole.narrow(axis, position, size), state)
        outputs.append(output)
        position, turn = position + size, turn + 1
    return outputs


def test_every_family_has_a_tiny_configuration_here() -> None:
    assert set(TINY) == set(registry.names("models"))


@pytest.mark.parametrize("cuts", CUTS)
@pytest.mark.parametrize(("family", "config"), FORMS)
def test_a_family_s_steps_join_to_the_whole(
    family: str, config: dict[str, int], cuts: tuple[int, ...]
) -> None:
    network, style = drawn(family, config), torch.randn(2, 3).double()
    samples = heard(family, config, 40)

    def step(block: Tensor, state: object) -> tuple[Tensor, object]:
        return network.step(block, state, style)

    outputs = joined(step, network.initial_state(2), samples, cuts, time_axis(family))
    torch.testing.assert_close(torch.cat(outputs, dim=-1), network(samples, style))


@pytest.mark.parametrize(("family", "config"), FORMS)
def test_an_impulse_is_heard_for_the_declared_receptive_field(
    family: str, config: dict[str, int]
) -> None:
    network, style = drawn(family, config), torch.randn(2, 3).double()
    field, at = network.config.receptive_field, 4
    samples = heard(family, config, field + 10)
    changed = samples.clone()
    moment = changed.select(time_axis(family), at)
    moment.copy_((moment + 1) % 16 if config.get("classes") else -moment)
    differs = (network(samples, style) != network(changed, style)).any(dim=0).any(dim=0)
    assert differs.tolist() == [at <= n < at + field for n in range(field + 10)]


@pytest.mark.parametrize(
    ("family", "config"), [form for form in FORMS if not is_told_classes(*form)]
)
def test_an_answer_s_gradient_reaches_back_over_the_declared_receptive_field(
    family: str, config: dict[str, int]
) -> None:
    network, style = drawn(family, config), torch.randn(2, 3).double()
    field = network.config.receptive_field
    samples = heard(family, config, field + 6).requires_grad_()
    network(samples, style)[..., -1].sum().backward()
    assert samples.grad is not None
    reached = samples.grad.transpose(time_axis(family), 0).flatten(1).any(dim=1)
    assert reached.tolist() == [False] * 6 + [True] * field


@pytest.mark.parametrize("cuts", CUTS)
@pytest.mark.parametrize("kernel_size", [1, 2, 4])
def test_a_convolution_s_steps_join_to_the_whole(kernel_size: int, cuts: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    layer = DilatedConvolution(3, 5, kernel_size, dilation=4).double()
    x = torch.randn(2, 40, 3).double()
    silence = layer.initial_state(2)
    outputs = joined(layer.step, silence, x, cuts)
    torch.testing.assert_close(torch.cat(outputs, dim=1), layer(torch.cat([silence, x], dim=1)))


def test_a_step_leaves_the_state_that_it_was_given_as_it_was() -> None:
    layer = DilatedConvolution(3, 5, 2, dilation=4)
    state = layer.initial_state(1)
    layer.step(torch.ones(1, 10, 3), state)
    assert not state.any()
