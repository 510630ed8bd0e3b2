"""The best cached step in eager PyTorch that we can write.

Eager PyTorch pays about a microsecond for every call, so this way makes as few as it can: four for
a layer, into memory allocated once, and everything that does not depend on the newest sample in one
call for all layers.

- All layers' old taps are fetched by one `index_select` and multiplied by one batched product.
- sigmoid(g) = (1 + tanh(g / 2)) / 2: filter and gate share one `tanh_`, and the halves go into the
  weights, so the gate is one `addcmul`.
- The residual's bias is a column of its matrix, and its input carries a constant 1.
- The skip sum of all layers is one matrix-vector product.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from whisperwave.benchmarks.wavenet_ways import Network
from whisperwave.benchmarks.wavenet_ways.modules import tensors
from whisperwave.benchmarks.wavenet_ways.way import Way


class MatrixStep(Way):
    """Plain matrix-vector products on preallocated memory, kernel size 2."""

    name = "cached step, best eager PyTorch"

    def __init__(self, network: Network) -> None:
        self._width = network.config["dilation_channels"]
        self._last = network.config["classes"] // 2
        with torch.inference_mode():
            self._take_layers(network)
            self._take_head(network)
            self._allocate(network)

    @torch.inference_mode()
    def generate(self, samples: int) -> None:
        """Generate, one step for each sample."""
        for _ in range(samples):
            shares = self._step(self._last).softmax(0).cumsum(0)
            self._last = min(int(torch.searchsorted(shares, torch.rand(1))), len(shares) - 1)

    @torch.inference_mode()
    def logits(self, classes: Sequence[int]) -> NDArray[np.float32]:
        """What each of the classes foretells."""
        return torch.stack([self._step(index).clone() for index in classes]).numpy()

    def _take_layers(self, network: Network) -> None:
        weights, count = tensors(network), len(network.dilations)
        halves = torch.ones(2 * self._width, 1)
        halves[self._width :] = 0.5
        dilated = [weights[f"layers.{i}.dilated.weight"] * halves[..., None] for i in range(count)]
        biases = [torch.from_numpy(network.bias(i)) * halves[:, 0] for i in range(count)]
        self._old = torch.stack([w[..., 0] for w in dilated])
        self._biases = torch.stack(biases)[..., None]
        self._new = [w[..., 1].contiguous() for w in dilated]
        self._residuals = [
            torch.cat(
                [
                    weights[f"layers.{i}.residual.weight"] / 2,
                    weights[f"layers.{i}.residual.bias"][:, None],
                ],
                1,
            )
            for i in range(count - 1)
        ]

    def _take_head(self, network: Network) -> None:
        weights, count = tensors(network), len(network.dilations)
        nothing = torch.zeros(network.config["skip_channels"], 1)  # against each layer's constant
        skips = [
            torch.cat([weights[f"layers.{i}.skip.weight"] / 2, nothing], 1) for i in range(count)
        ]
        self._skip = torch.cat(skips, 1).contiguous()
        self._embedding, self._skip_bias = weights["embedding.weight"], weights["skip_bias"]
        self._end1, self._end1_bias = weights["end1.weight"], weights["end1.bias"]
        self._end2, self._end2_bias = weights["end2.weight"], weights["end2.bias"]

    def _allocate(self, network: Network) -> None:
        count, residual = len(network.dilations), network.config["residual_channels"]
        self._lengths = torch.tensor(network.dilations)
        self._starts = torch.cumsum(self._lengths, 0) - self._lengths
        self._cursors = torch.zeros(count, dtype=torch.int64)
        self._rings = torch.zeros(int(self._lengths.sum()), residual)
        self._rows = torch.zeros(count, dtype=torch.int64)
        self._past = torch.zeros(count, residual)
        self._inputs = torch.zeros(count, residual)
        self._gates = torch.zeros(count, 2 * self._width, 1)
        self._z = torch.ones(count, self._width + 1)
        self._flat = self._z.view(-1)
        self._skips = torch.zeros(network.config["skip_channels"])
        self._hidden = torch.zeros(network.config["end_channels"])
        self._logits = torch.zeros(network.config["classes"])
        # Views are calls too: they are made once.
        self._by_layer = [
            (
                self._gates[i, :, 0],
                self._gates[i, : self._width, 0],
                self._gates[i, self._width :, 0],
                self._z[i, : self._width],
                self._z[i],
                self._inputs[i],
                self._new[i],
            )
            for i in range(count)
        ]

    def _step(self, index: int) -> Tensor:
        torch.add(self._starts, self._cursors, out=self._rows)
        torch.index_select(self._rings, 0, self._rows, out=self._past)
        torch.baddbmm(self._biases, self._old, self._past[..., None], out=self._gates)
        self._inputs[0].copy_(self._embedding[index])
        self._run_layers()
        self._rings.index_copy_(0, self._rows, self._inputs)
        self._cursors.add_(1).remainder_(self._lengths)
        return self._head()

    def _run_layers(self) -> None:
        last = len(self._by_layer) - 1
        for i, (gates, filters, halves, z, with_one, x, new) in enumerate(self._by_layer):
            gates.addmv_(new, x).tanh_()
            torch.addcmul(filters, filters, halves, out=z)
            if i < last:
                torch.addmv(x, self._residuals[i], with_one, out=self._by_layer[i + 1][5])

    def _head(self) -> Tensor:
        skips = torch.addmv(self._skip_bias, self._skip, self._flat, out=self._skips).relu_()
        hidden = torch.addmv(self._end1_bias, self._end1, skips, out=self._hidden).relu_()
        return torch.addmv(self._end2_bias, self._end2, hidden, out=self._logits)
