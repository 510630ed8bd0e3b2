"""WaveNet out of ``nn.Conv1d`` modules, as public implementations write it, run in two ways."""

from collections import deque
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from whisperwave.benchmarks.wavenet_ways import Network
from whisperwave.benchmarks.wavenet_ways.way import Way


def convolution(weight: Tensor, bias: Tensor | None = None, dilation: int = 1) -> nn.Conv1d:
    """A module that holds these weights; a matrix becomes a convolution over one sample."""
    kernel = weight if weight.dim() == 3 else weight[..., None]
    outputs, inputs, size = kernel.shape
    module = nn.Conv1d(inputs, outputs, size, dilation=dilation, bias=bias is not None)
    module.weight.data = kernel.contiguous()
    if bias is not None:
        module.bias = nn.Parameter(bias.contiguous())
    return module


class Layer(nn.Module):
    """One residual layer; ``dilation`` is 1 where the taps already lie side by side."""

    def __init__(self, network: Network, index: int, dilation: int) -> None:
        super().__init__()
        name, weights = f"layers.{index}", tensors(network)
        bias = torch.from_numpy(network.bias(index))
        self.dilated = convolution(weights[f"{name}.dilated.weight"], bias, dilation)
        self.skip = convolution(weights[f"{name}.skip.weight"])
        self.residual: nn.Conv1d | None = None
        if f"{name}.residual.weight" in weights:
            self.residual = convolution(
                weights[f"{name}.residual.weight"], weights[f"{name}.residual.bias"]
            )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """From ``1 R T`` to the next layer's input and this layer's skip, both without context."""
        filters, gates = self.dilated(x).chunk(2, dim=1)
        z = torch.tanh(filters) * torch.sigmoid(gates)
        if self.residual is None:
            return z, self.skip(z)
        return x[..., -z.shape[-1] :] + self.residual(z), self.skip(z)


class Wavenet(nn.Module):
    """The layers and the head; ``dilated`` says whether the kernels reach back by themselves."""

    def __init__(self, network: Network, dilated: bool) -> None:
        super().__init__()
        weights = tensors(network)
        self.classes = network.config["classes"]
        self.input = convolution(weights["embedding.weight"].T.contiguous())
        self.layers = nn.ModuleList(
            Layer(network, i, d if dilated else 1) for i, d in enumerate(network.dilations)
        )
        self.skip_bias = weights["skip_bias"][:, None]
        self.end1 = convolution(weights["end1.weight"], weights["end1.bias"])
        self.end2 = convolution(weights["end2.weight"], weights["end2.bias"])

    def embed(self, classes: Tensor) -> Tensor:
        """One-hot through a convolution over one sample, ``T`` to ``1 R T``."""
        return self.input(F.one_hot(classes, self.classes).T[None].float())

    def head(self, skips: Tensor) -> Tensor:
        """From the sum of the skips of one sample, ``1 S 1``, to its logits [A]."""
        hidden = F.relu(self.end1(F.relu(skips + self.skip_bias)))
        return self.end2(hidden)[0, :, 0]


class FullWindow(Way):
    """The first project's way: the whole receptive field through the network for every sample."""

    name = "full window, PyTorch"
    needs_whole_window = True

    def __init__(self, network: Network) -> None:
        self._model = Wavenet(network, dilated=True)
        self._window = torch.full((network.receptive_field,), network.config["classes"] // 2)

    @torch.no_grad()
    def generate(self, samples: int) -> None:
        """Generate, one full window for each sample."""
        for _ in range(samples):
            self._push(drawn(self._predict()))

    @torch.no_grad()
    def logits(self, classes: Sequence[int]) -> NDArray[np.float32]:
        """What the classes, which fill the window, foretell: [1, A]."""
        self._window = torch.tensor(classes)
        return self._predict()[None].numpy()

    def _push(self, index: int) -> None:
        self._window = torch.cat([self._window[1:], torch.tensor([index])])

    def _predict(self) -> Tensor:
        x = self._model.embed(self._window)
        total = torch.zeros(1)
        for layer in self._model.layers:
            x, skip = layer(x)
            total = total + skip[..., -1:]
        return self._model.head(total)


class ModuleStep(Way):
    """The usual cached step: a queue of past inputs for each layer, the same modules on top."""

    name = "cached step, Conv1d modules"

    def __init__(self, network: Network) -> None:
        self._model = Wavenet(network, dilated=False)
        silence = torch.zeros(1, network.config["residual_channels"], 1)
        self._queues = [deque([silence] * d, maxlen=d) for d in network.dilations]
        self._last = network.config["classes"] // 2

    @torch.no_grad()
    def generate(self, samples: int) -> None:
        """Generate, one step for each sample."""
        for _ in range(samples):
            self._last = drawn(self._step(self._last))

    @torch.no_grad()
    def logits(self, classes: Sequence[int]) -> NDArray[np.float32]:
        """What each of the classes foretells."""
        return torch.stack([self._step(index) for index in classes]).numpy()

    def _step(self, index: int) -> Tensor:
        x = self._model.embed(torch.tensor([index]))
        total = torch.zeros(1)
        for layer, queue in zip(self._model.layers, self._queues, strict=True):
            taps = torch.cat([queue[0], x], dim=-1)
            queue.append(x)
            x, skip = layer(taps)
            total = total + skip
        return self._model.head(total)


def tensors(network: Network) -> dict[str, Tensor]:
    """The weights as torch tensors, sharing memory."""
    return {name: torch.from_numpy(array) for name, array in network.weights.items()}


def drawn(logits: Tensor) -> int:
    """The next class, drawn from logits [A] at temperature 1."""
    return int(logits.softmax(0).multinomial(1))
