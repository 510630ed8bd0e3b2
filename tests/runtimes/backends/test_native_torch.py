"""The engine against the network that trained the weights."""

import numpy as np
import pytest
import torch
from tiny_wavenets import TINY, signature

from whisperwave.models import wavenet
from whisperwave.runtimes.backends.native import NativeNetwork
from whisperwave.runtimes.session import Runtime

pytestmark = pytest.mark.train


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"conditioning_channels": 4},
        {"kernel_size": 3},
        {"kernel_size": 4, "initial_kernel_size": 2},
        {"initial_kernel_size": 3, "scalar_input": 1},
        {"control_channels": 3, "hop_length": 7},
        {"conditioning_channels": 2, "control_channels": 3, "hop_length": 200},
    ],
)
def test_logits_are_those_of_torch(changes, generator):
    shape = TINY | changes
    torch.manual_seed(1)
    network = wavenet.WaveNet(wavenet.WaveNetConfig(**shape)).eval()
    weights = {name: value.numpy() for name, value in network.state_dict().items()}
    facts = signature(shape)
    classes = generator.integers(0, shape["classes"], 200)
    style = generator.normal(size=shape["conditioning_channels"]).astype(np.float32)
    frames = (shape["control_channels"], 1 + 200 // shape["hop_length"])
    controls = generator.normal(size=frames).astype(np.float32)
    with torch.no_grad():
        known = [torch.from_numpy(a)[None] if len(a) else None for a in (style, controls)]
        expected = network(torch.from_numpy(classes)[None], *known)[0].T.numpy()
    player = Runtime(NativeNetwork(shape, weights, facts), facts)
    guide = player.guide(style, controls if len(controls) else None)
    answer = player.logits(classes, guide)
    assert np.linalg.norm(answer - expected) / np.linalg.norm(expected) < 1e-5
