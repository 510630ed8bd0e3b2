"""One training step of each way: forward, backward and Adam, over classes of chance."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from wavenet_training.folded import TARGETS, FoldedWaveNet
from whisperwave.models.wavenet import WaveNet, WaveNetConfig
from whisperwave.nn import DilatedConvolution


@dataclass(frozen=True)
class Way:
    """A step to take, and how many targets it learns to foretell."""

    name: str
    targets: int
    step: Callable[[], None]


def ways(config: WaveNetConfig, windows: int, crops: int, targets: int) -> list[Way]:
    """The first project's two ways, and ours in three forms over the same crops."""
    torch.manual_seed(0)
    return [
        _folded("first project, as published", config, windows, skips_cut=False),
        _folded("first project, skips cut to the targets", config, windows, skips_cut=True),
        _cropped("Conv1d(dilation=d), float32", config, crops, targets, _by_conv1d),
        _cropped("ours, float32", config, crops, targets, _as_it_is),
        _cropped("ours, bfloat16", config, crops, targets, _in_bfloat16),
    ]


def _folded(name: str, config: WaveNetConfig, windows: int, *, skips_cut: bool) -> Way:
    network = FoldedWaveNet(config, skips_cut=skips_cut)
    classes = torch.randint(0, config.classes, (windows, network.window_length()))
    one_hot = F.one_hot(classes, config.classes).transpose(1, 2).float()
    wanted = torch.randint(0, config.classes, (windows, TARGETS))

    def loss() -> Tensor:
        return F.cross_entropy(network(one_hot), wanted)

    return Way(name, windows * TARGETS, _step(network, loss))


def _cropped(
    name: str, config: WaveNetConfig, crops: int, targets: int, form: Callable[..., None]
) -> Way:
    network = WaveNet(config)
    classes = torch.randint(0, config.classes, (crops, targets + config.receptive_field - 1))
    wanted = torch.randint(0, config.classes, (crops * targets,))

    def loss() -> Tensor:
        return F.cross_entropy(network.predict(classes).transpose(1, 2).flatten(0, 1), wanted)

    step = _step(network, loss)
    return Way(name, crops * targets, lambda: form(step))


def _step(network: nn.Module, loss: Callable[[], Tensor]) -> Callable[[], None]:
    optimiser = torch.optim.Adam(network.parameters())

    def step() -> None:
        optimiser.zero_grad()
        loss().backward()
        optimiser.step()

    return step


def _as_it_is(step: Callable[[], None]) -> None:
    step()


def _in_bfloat16(step: Callable[[], None]) -> None:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        step()


def _by_conv1d(step: Callable[[], None]) -> None:
    kept = DilatedConvolution.forward
    DilatedConvolution.forward = DilatedConvolution.plain  # type: ignore[method-assign] # the switch
    try:
        step()
    finally:
        DilatedConvolution.forward = kept  # type: ignore[method-assign] # as above
