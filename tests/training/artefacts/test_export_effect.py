"""From a feed-forward network to a model file that every runtime plays as it was trained."""

from pathlib import Path

import numpy as np
import pytest
import torch

from whisperwave import modelfile, registry, runtimes
from whisperwave.models.convnet import ConvNet, ConvNetConfig
from whisperwave.shapes import Port
from whisperwave.training.artefacts.export_effect import export_effect

AUDIO_AND_KNOB = (Port("audio", 1, 1, "audio"), Port("drive", 1, 1, "control"))


@pytest.fixture(params=[0, 3])
def network(request: pytest.FixtureRequest) -> ConvNet:
    torch.manual_seed(1)
    told = request.param
    return ConvNet(
        ConvNetConfig(
            layers_per_block=4, blocks=2, dilation_growth=3, initial_kernel_size=3,
            input_channels=2, conditioning_channels=told,
        )
    ).eval()  # fmt: skip


@pytest.mark.parametrize("backend", registry.names("runtimes.backends"))
def test_every_runtime_sits_the_exam_of_an_exported_effect(
    network: ConvNet, backend: str, tmp_path: Path
) -> None:
    signature = network.signature(48_000, AUDIO_AND_KNOB)
    path = export_effect(network, signature, tmp_path / "effect.safetensors", {"steps": 0})
    model = modelfile.read(path)
    errors = runtimes.sit_exam(model, runtimes.load_effect(path, backend))
    assert errors["values"] < 1e-5
    assert model.signature == signature


def test_an_exported_effect_plays_what_the_network_answers(
    network: ConvNet, tmp_path: Path
) -> None:
    path = export_effect(
        network, network.signature(48_000), tmp_path / "effect.safetensors", {"steps": 0}
    )
    told = network.config.conditioning_channels
    style = np.linspace(-1, 1, told, dtype=np.float32) if told else None
    audio = np.random.default_rng(0).normal(0, 1, (2, 700)).astype(np.float32)
    out = np.empty(700, np.float32)
    runtimes.load_effect(path).session(style).process(audio, out)
    with torch.no_grad():
        given = None if style is None else torch.from_numpy(style)[None]
        expected = network(torch.from_numpy(audio)[None], given)[0, 0].numpy()
    np.testing.assert_allclose(out, expected, rtol=1e-4, atol=1e-5)
