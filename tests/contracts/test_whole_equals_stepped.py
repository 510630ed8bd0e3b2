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
    }
}
VALUES = {"scalar_input": 1, "classes": 0}
FORMS = [
    *TINY.items(),
    ("wavenet", TINY["wavenet"] | {"scalar_input": 1}),
    ("wavenet", TINY["wavenet"] | VALUES | {"logistics": 3}),
    ("wavenet", TINY["wavenet"] | VALUES | {"gaussians": 1, "channels": 2}),
]


def joined(step: Callable, state: object, whole: Tensor, cuts: tuple[int, ...]) -> list[Tensor]:
    outputs, position, turn = [], 0, 0
    while position < whole.shape[1]:
        size = cuts[turn % len(cuts)]
        output, state = step(whole[:, position : position + size], state)
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
    torch.manual_seed(0)
    network = registry.find("models", family).build(config).double()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    classes, style = torch.randint(0, 16, (2, 40)), torch.randn(2, 3).double()
    values = torch.rand(2, 40, config.get("channels", 1)).double()
    samples = classes if config["classes"] else values

    def step(block: Tensor, state: object) -> tuple[Tensor, object]:
        return network.step(block, state, style)

    outputs = joined(step, network.initial_state(2), samples, cuts)
    torch.testing.assert_close(torch.cat(outputs, dim=-1), network(samples, style))


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
